SELECT schedule, pulled_to
FROM connectors
WHERE tenant_id = $1 AND id = $2 AND enabled AND status <> 'needs_credentials' AND next_run_at <= $3
FOR NO KEY UPDATE
