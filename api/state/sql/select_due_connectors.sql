SELECT id, tenant_id
FROM connectors
WHERE enabled AND status <> 'needs_credentials' AND next_run_at <= $1
ORDER BY next_run_at, id
LIMIT $2
