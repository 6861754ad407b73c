INSERT INTO erasures (tenant_id, key, seal, erased_at)
SELECT $1, key, seal, $4 FROM unnest($2::smallint[], $3::bytea[]) AS found (key, seal)
ON CONFLICT (tenant_id, key, seal) DO UPDATE SET erased_at = excluded.erased_at, settled_at = NULL
