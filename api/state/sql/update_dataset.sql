UPDATE datasets
SET name = $3, archived_at = $4
WHERE tenant_id = $1 AND id = $2
