SELECT id, tenant_id, type AS of, format, compression, date_from, date_to, time_zone, platforms, columns,
    state, attempt, rows_expected, rows, bytes, sha256, error, created_at, started_at, ended_at,
    expires_at
FROM export_jobs
WHERE tenant_id = $1
ORDER BY created_at DESC, id DESC
LIMIT $2 OFFSET $3
