SELECT plan, limits
FROM tenants
WHERE id = $1
FOR NO KEY UPDATE
