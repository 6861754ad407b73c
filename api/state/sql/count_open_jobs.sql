SELECT count(*) AS "jobs!"
FROM jobs
WHERE tenant_id = $1 AND kind = $2 AND state IN ('queued', 'running')
