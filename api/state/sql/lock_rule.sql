SELECT id
FROM rules
WHERE tenant_id = $1 AND id = $2
FOR NO KEY UPDATE
