-- The oldest run that may be worked at, of a connector that no other one works at. A back-fill lets others pass.
UPDATE pull_runs
SET state = 'running', lease = $1, lease_until = $2, started_at = coalesce(started_at, $3), not_before = NULL
WHERE id = (
    SELECT r.id
    FROM pull_runs r
    WHERE (
            r.state = 'queued'
            OR r.state = 'waiting' AND r.not_before <= $3
            OR r.state = 'running' AND r.lease_until < $3
        )
        AND NOT EXISTS (
            SELECT FROM pull_runs o
            WHERE o.connector_id = r.connector_id AND o.id <> r.id
                AND (
                    o.state = 'running'
                    OR o.state IN ('queued', 'waiting') AND (o.kind = 'backfill', o.id) < (r.kind = 'backfill', r.id)
                )
        )
    ORDER BY r.id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id, tenant_id
