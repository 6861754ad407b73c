UPDATE jobs
SET state = $3, error = $4, ended_at = $5, input_sealed = NULL, lease = NULL, lease_until = NULL
WHERE id = $1 AND lease = $2 AND state = 'running'
RETURNING id, pg_notify('stratum_jobs', kind)::text AS notified
