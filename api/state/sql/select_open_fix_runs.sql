-- Runs to be looked at, those first that were not looked at for longest.
SELECT tenant_id, id FROM fix_runs WHERE ended_at IS NULL ORDER BY looked_at NULLS FIRST, id LIMIT $1
