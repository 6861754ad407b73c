SELECT state, attempt, failures, not_before, progress, error, created_at, ended_at
FROM jobs
WHERE tenant_id = $1 AND id = $2
