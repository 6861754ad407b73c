-- The first job of a tenant whose turn the transaction has taken. One whose lease is over was left by a process that
-- ended, which counts as a failure.
UPDATE jobs
SET state = 'running', attempt = attempt + 1, failures = failures + CASE state WHEN 'running' THEN 1 ELSE 0 END,
    lease = $3, lease_until = $5
WHERE id = (
    SELECT j.id
    FROM jobs j
    WHERE j.kind = $1 AND j.tenant_id = $2 AND j.state IN ('queued', 'running')
        AND (j.state = 'queued' AND j.not_before <= $4 OR j.state = 'running' AND j.lease_until <= $4)
        AND NOT EXISTS (
            SELECT FROM jobs o
            WHERE o.kind = j.kind AND o.tenant_id = j.tenant_id AND o.key = j.key AND o.state = 'running'
                AND o.id <> j.id
        )
        AND $6 > (
            SELECT count(*)
            FROM jobs r
            WHERE r.kind = j.kind AND r.tenant_id = j.tenant_id AND r.state = 'running' AND r.lease_until > $4
        )
    ORDER BY j.priority, j.id
    LIMIT 1
    FOR UPDATE OF j SKIP LOCKED
)
RETURNING id, input, input_sealed, attempt, failures, progress, progressed_at
