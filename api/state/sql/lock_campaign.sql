SELECT id
FROM campaigns
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL
FOR NO KEY UPDATE
