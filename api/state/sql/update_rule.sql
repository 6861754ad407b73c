UPDATE rules
SET name = $3, enabled = $4, version = $5, content = $6, due_at = $7, updated_at = $7
WHERE tenant_id = $1 AND id = $2
