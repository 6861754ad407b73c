UPDATE export_jobs
SET state = 'done', rows = $3, bytes = $4, sha256 = $5, ended_at = $6, expires_at = $7
WHERE tenant_id = $1 AND id = $2 AND state = 'running'
