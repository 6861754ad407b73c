UPDATE fix_runs
SET state = 'rolled_back', ended_for = $3, ended_at = $4
WHERE tenant_id = $1 AND id = $2 AND state <> 'rolled_back'
