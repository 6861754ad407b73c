SELECT DISTINCT default_calling_code AS "calling_code!"
FROM tracking_configs
WHERE tenant_id = $1 AND default_calling_code IS NOT NULL
ORDER BY 1
LIMIT 50
