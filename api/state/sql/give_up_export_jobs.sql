-- Jobs that ended with their process time and again.
UPDATE export_jobs
SET state = 'failed', error = $3, ended_at = $1, held_until = NULL
WHERE state = 'running' AND held_until < $1 AND attempt >= $2
RETURNING id, tenant_id
