SELECT count(*) AS "runs!"
FROM pull_runs
WHERE tenant_id = $1 AND connector_id = $2
