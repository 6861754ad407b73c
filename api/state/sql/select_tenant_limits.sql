SELECT plan, limits
FROM tenants
WHERE id = $1
