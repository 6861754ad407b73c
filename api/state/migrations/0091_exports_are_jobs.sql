-- Exports are worked at by the queue of jobs: a row tells what was asked for and what became of it, the job of the same
-- id who works at it.
INSERT INTO jobs (id, tenant_id, kind, key, once, priority, input, state, attempt, not_before, progressed_at,
    created_at)
SELECT id, tenant_id, 'export', id::text, false, 0, 'null', 'queued', attempt, created_at, created_at, created_at
FROM export_jobs
WHERE state IN ('queued', 'running');
INSERT INTO job_turns (tenant_id, kind, turn)
SELECT DISTINCT tenant_id, 'export', 0 FROM export_jobs WHERE state IN ('queued', 'running');
UPDATE export_jobs SET state = 'queued' WHERE state = 'running';
ALTER TABLE export_jobs DROP COLUMN held_until;
DROP INDEX export_jobs_created_at_idx;
