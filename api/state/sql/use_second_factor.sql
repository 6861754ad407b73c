-- From now on it counts, if it did not; each step is taken once.
UPDATE second_factors SET last_step = $3, confirmed_at = coalesce(confirmed_at, $4)
WHERE tenant_id = $1 AND user_id = $2 AND last_step < $3
