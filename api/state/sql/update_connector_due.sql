UPDATE connectors
SET next_run_at = $3
WHERE tenant_id = $1 AND id = $2
