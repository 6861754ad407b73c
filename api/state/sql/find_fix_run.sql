-- The run that this key asked for, else the one of the issue that is still open.
SELECT id
FROM fix_runs
WHERE tenant_id = $1
    AND (idempotency_key = $4 OR (dataset_id = $2 AND issue = $3 AND ended_at IS NULL))
ORDER BY (idempotency_key = $4) DESC NULLS LAST
LIMIT 1
