SELECT state, code, message, retry_at, since
FROM delivery_health
WHERE tenant_id = $1 AND destination_id = $2
