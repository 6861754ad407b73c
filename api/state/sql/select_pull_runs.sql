SELECT id, connector_id, kind, state, date_from, date_to, days_asked, days_done, rows_taken, rows_rejected,
    error_code, error_message, created_at, started_at, ended_at, not_before, closed_accounts, faults
FROM pull_runs
WHERE tenant_id = $1 AND connector_id = $2
ORDER BY id DESC
LIMIT $3 OFFSET $4
