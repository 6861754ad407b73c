-- Of each connector so many runs are kept, and those that are not over.
DELETE FROM pull_runs
WHERE tenant_id = $1 AND connector_id = $2 AND state IN ('done', 'failed', 'cancelled')
    AND id NOT IN (
        SELECT id FROM pull_runs WHERE tenant_id = $1 AND connector_id = $2 ORDER BY id DESC LIMIT $3
    )
