SELECT count(*) AS "runs!"
FROM pull_runs
WHERE tenant_id = $1 AND connector_id = $2 AND state IN ('queued', 'running', 'waiting')
    AND ($3::text IS NULL OR kind = $3)
