UPDATE jobs
SET state = 'queued', error = coalesce($4, error), failures = failures + $5, not_before = $3, lease = NULL,
    lease_until = NULL
WHERE id = $1 AND lease = $2 AND state = 'running'
RETURNING id, pg_notify('stratum_jobs', kind)::text AS notified
