UPDATE campaigns c
SET last_synced_at = r.received_at
FROM unnest($2::text[], $3::text[], $4::timestamptz[]) AS r (platform, external_id, received_at)
WHERE c.tenant_id = $1
    AND c.platform = r.platform
    AND c.external_id = r.external_id
    AND c.deleted_at IS NULL
    AND (c.last_synced_at IS NULL OR c.last_synced_at < r.received_at)
