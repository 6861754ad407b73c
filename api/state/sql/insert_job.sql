-- Nothing where an open one of its key is there already and it says `once`. Whoever waits for its kind is woken at
-- the commit.
WITH turn AS (
    INSERT INTO job_turns (tenant_id, kind, turn) VALUES ($2, $3, 0) ON CONFLICT DO NOTHING
),
added AS (
    INSERT INTO jobs (id, tenant_id, kind, key, once, priority, input, input_sealed, state, not_before,
        progressed_at, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $9, $9)
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT id, pg_notify('stratum_jobs', $3)::text AS notified FROM added
