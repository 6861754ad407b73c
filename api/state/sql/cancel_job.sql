UPDATE jobs
SET state = 'cancelled', ended_at = $3, input_sealed = NULL, lease = NULL, lease_until = NULL
WHERE tenant_id = $1 AND id = $2 AND state IN ('queued', 'running')
RETURNING id, pg_notify('stratum_jobs', kind)::text AS notified
