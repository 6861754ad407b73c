UPDATE export_jobs
SET rows_expected = $3, rows = $4, bytes = $5
WHERE tenant_id = $1 AND id = $2 AND state = 'running'
