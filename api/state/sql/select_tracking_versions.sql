SELECT version, default_calling_code, policy, created_by, created_at, count(*) OVER () AS "total!"
FROM tracking_configs
WHERE tenant_id = $1 AND dataset_id = $2
ORDER BY version DESC
LIMIT $3 OFFSET $4
