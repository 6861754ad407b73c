UPDATE pull_runs
SET state = $4, lease = NULL, lease_until = NULL, not_before = $5, ended_at = $6, failures = failures + $7,
    error_code = coalesce($8, error_code), error_message = coalesce($9, error_message)
WHERE tenant_id = $1 AND id = $2 AND lease = $3 AND state = 'running'
