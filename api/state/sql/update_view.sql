UPDATE views
SET name = $4, path = $5, is_shared = $6
WHERE tenant_id = $1 AND id = $2 AND user_id = $3
