-- Pulls are worked at by the queue of jobs: a run tells which days were asked for and what became of them, the job of
-- the same id who works at it and where it goes on. Of one connector one runs at a time, scheduled ones before
-- back-fills.
INSERT INTO jobs (id, tenant_id, kind, key, once, priority, input, state, failures, not_before, progress,
    progressed_at, created_at)
SELECT id, tenant_id, 'pull', connector_id::text, false, (kind = 'backfill')::integer::smallint, 'null', 'queued', 0,
    coalesce(not_before, created_at), place, now(), created_at
FROM pull_runs
WHERE state IN ('queued', 'running', 'waiting');
INSERT INTO job_turns (tenant_id, kind, turn)
SELECT DISTINCT tenant_id, 'pull', 0 FROM pull_runs WHERE state IN ('queued', 'running', 'waiting');
UPDATE pull_runs SET state = 'queued' WHERE state = 'running';
DROP INDEX pull_runs_one_at_a_time;
ALTER TABLE pull_runs
    DROP COLUMN lease,
    DROP COLUMN lease_until,
    DROP COLUMN failures,
    DROP COLUMN place;
