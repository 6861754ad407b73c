-- Takes the turn of the tenant whose last one lies longest back, of those that have a job to be worked at and run
-- fewer than their share. A turn that somebody else is taking is passed over.
UPDATE job_turns
SET turn = nextval('job_turn')
WHERE (kind, tenant_id) = (
    SELECT t.kind, t.tenant_id
    FROM job_turns t
    WHERE t.kind = $1
        AND EXISTS (
            SELECT FROM jobs j
            WHERE j.kind = t.kind AND j.tenant_id = t.tenant_id AND j.state IN ('queued', 'running')
                AND (j.state = 'queued' AND j.not_before <= $2 OR j.state = 'running' AND j.lease_until <= $2)
                AND NOT EXISTS (
                    SELECT FROM jobs o
                    WHERE o.kind = j.kind AND o.tenant_id = j.tenant_id AND o.key = j.key AND o.state = 'running'
                        AND o.id <> j.id
                )
        )
        AND $3 > (
            SELECT count(*)
            FROM jobs r
            WHERE r.kind = t.kind AND r.tenant_id = t.tenant_id AND r.state = 'running' AND r.lease_until > $2
        )
    ORDER BY t.turn, t.tenant_id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING tenant_id
