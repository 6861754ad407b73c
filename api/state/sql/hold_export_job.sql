UPDATE export_jobs
SET held_until = $3, rows_expected = $4, rows = $5, bytes = $6
WHERE id = $1 AND attempt = $2 AND state = 'running'
