UPDATE export_jobs
SET state = 'running', attempt = $3, started_at = $4, rows_expected = 0, rows = 0, bytes = 0
WHERE tenant_id = $1 AND id = $2 AND state IN ('queued', 'running')
RETURNING id, tenant_id, type AS of, format, compression, date_from, date_to, time_zone, platforms, columns,
    state, attempt, rows_expected, rows, bytes, sha256, error, created_at, started_at, ended_at,
    expires_at
