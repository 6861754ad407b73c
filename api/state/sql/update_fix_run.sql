-- What a look has found, at a run that is still open.
UPDATE fix_runs
SET state = $3,
    ended_for = $4,
    measured = $5,
    looked_at = $6,
    ended_at = CASE WHEN $4::text IS NULL THEN NULL ELSE $6::timestamptz END
WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL
