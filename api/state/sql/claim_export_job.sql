-- The next job, for a tenant that has a turn; of tenants the one with the fewest running, then the oldest.
UPDATE export_jobs
SET state = 'running', attempt = attempt + 1, held_until = $2, rows = 0, bytes = 0, started_at = $1
WHERE id = (
    SELECT job.id
    FROM export_jobs AS job
    CROSS JOIN LATERAL (
        SELECT count(*) AS jobs
        FROM export_jobs AS other
        WHERE other.tenant_id = job.tenant_id AND other.state = 'running' AND other.held_until >= $1
    ) AS running
    WHERE job.state IN ('queued', 'running')
        AND (job.held_until IS NULL OR job.held_until < $1)
        AND running.jobs < $3
    ORDER BY running.jobs, job.created_at, job.id
    LIMIT 1
    FOR UPDATE OF job SKIP LOCKED
)
RETURNING id, tenant_id, type AS of, format, compression, date_from, date_to, time_zone, platforms, columns,
    state, attempt, rows_expected, rows, bytes, sha256, error, created_at, started_at, ended_at,
    expires_at
