SELECT id, input, input_sealed
FROM jobs
WHERE tenant_id = $1 AND kind = $2 AND state IN ('queued', 'running')
ORDER BY id
LIMIT $3
