UPDATE pull_runs
SET state = 'running', started_at = coalesce(started_at, $3), not_before = NULL
WHERE tenant_id = $1 AND id = $2 AND state IN ('queued', 'running', 'waiting')
RETURNING id, connector_id, kind, state, date_from, date_to, days_asked, days_done, rows_taken, rows_rejected,
    error_code, error_message, created_at, started_at, ended_at, not_before, closed_accounts, faults
