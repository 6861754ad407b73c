UPDATE erasures SET settled_at = $4
WHERE tenant_id = $1 AND settled_at IS NULL
  AND (key, seal) IN (SELECT * FROM unnest($2::smallint[], $3::bytea[]))
