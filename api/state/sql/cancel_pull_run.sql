UPDATE pull_runs
SET state = 'cancelled', not_before = NULL, ended_at = $4
WHERE tenant_id = $1 AND connector_id = $2 AND id = $3 AND state IN ('queued', 'running', 'waiting')
