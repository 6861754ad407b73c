-- A tenant's jobs by kind: those that are open, and those that were given up since then.
SELECT
    kind,
    count(*) FILTER (WHERE state = 'queued') AS "queued!",
    count(*) FILTER (WHERE state = 'running') AS "running!",
    count(*) FILTER (WHERE state = 'failed') AS "failed!"
FROM jobs
WHERE tenant_id = $1 AND (state IN ('queued', 'running') OR (state = 'failed' AND ended_at >= $2))
GROUP BY kind
ORDER BY kind
