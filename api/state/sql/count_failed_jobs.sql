-- Jobs that were given up since then, by kind.
SELECT kind, count(*) AS "jobs!"
FROM jobs
WHERE state = 'failed' AND ended_at >= $1
GROUP BY kind
ORDER BY kind
