UPDATE export_jobs
SET state = 'failed', error = $3, ended_at = $4
WHERE tenant_id = $1 AND id = $2 AND state IN ('queued', 'running')
RETURNING rows, bytes
