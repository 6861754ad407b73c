UPDATE export_jobs
SET state = CASE WHEN state = 'done' THEN 'expired' ELSE 'cancelled' END,
    ended_at = coalesce(ended_at, $3),
    expires_at = $3
WHERE tenant_id = $1 AND id = $2 AND state IN ('queued', 'running', 'done')
