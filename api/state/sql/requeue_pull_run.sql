-- It waits where it is not to be worked at before $3.
UPDATE pull_runs
SET state = CASE WHEN $3::timestamptz IS NULL THEN 'queued' ELSE 'waiting' END, not_before = $3,
    error_code = coalesce($4, error_code), error_message = coalesce($5, error_message)
WHERE tenant_id = $1 AND id = $2 AND state IN ('queued', 'running', 'waiting')
