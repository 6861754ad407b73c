UPDATE destinations
SET credentials_sealed = $3
WHERE tenant_id = $1 AND id = $2
