UPDATE export_jobs
SET state = $3, error = $4, rows = $5, bytes = $6, sha256 = $7, ended_at = $8, expires_at = $9,
    held_until = NULL
WHERE id = $1 AND attempt = $2 AND state = 'running'
