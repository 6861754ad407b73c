UPDATE pull_runs
SET state = $3, ended_at = $4, not_before = NULL, error_code = coalesce($5, error_code),
    error_message = coalesce($6, error_message)
WHERE tenant_id = $1 AND id = $2 AND state IN ('queued', 'running', 'waiting')
