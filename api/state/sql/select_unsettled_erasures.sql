-- Those of one tenant at a time, the longest asked for first.
SELECT tenant_id, key, seal FROM erasures
WHERE settled_at IS NULL AND erased_at < $1
  AND tenant_id = (
      SELECT tenant_id FROM erasures WHERE settled_at IS NULL AND erased_at < $1 ORDER BY erased_at LIMIT 1
  )
ORDER BY erased_at
LIMIT $2
