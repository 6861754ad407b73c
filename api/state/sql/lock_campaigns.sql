-- In the order of ids, so that of two that lock many neither waits for the other for ever.
SELECT id
FROM campaigns
WHERE tenant_id = $1 AND id = ANY ($2) AND deleted_at IS NULL
ORDER BY id
FOR NO KEY UPDATE
