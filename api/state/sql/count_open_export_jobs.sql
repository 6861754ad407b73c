SELECT count(*) AS "open!", count(*) FILTER (WHERE state = 'running' AND held_until > $2) AS "running!"
FROM export_jobs
WHERE tenant_id = $1 AND state IN ('queued', 'running')
