UPDATE pull_runs
SET lease_until = $4
WHERE tenant_id = $1 AND id = $2 AND lease = $3 AND state = 'running'
