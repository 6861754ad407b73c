SELECT count(*) AS "plans!"
FROM plans
WHERE tenant_id = $1
