-- To be begun again.
UPDATE export_jobs
SET state = 'queued', rows = 0, bytes = 0
WHERE tenant_id = $1 AND id = $2 AND state = 'running'
