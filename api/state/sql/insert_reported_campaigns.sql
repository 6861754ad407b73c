-- Campaigns that reports name and that nobody has made or deleted, as many as there is room for.
INSERT INTO campaigns (
    id, tenant_id, platform, external_id, account_id, name, name_folded, status, currency,
    last_synced_at, created_at, updated_at
)
SELECT r.id, $1, r.platform, r.external_id, nullif(r.account_id, ''), r.name, r.name_folded, 'active', r.currency,
    r.received_at, $10, $10
FROM unnest(
    $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[]
) AS r (id, platform, external_id, account_id, name, name_folded, currency, received_at)
WHERE NOT EXISTS (
    SELECT FROM campaigns c
    WHERE c.tenant_id = $1 AND c.platform = r.platform AND c.external_id = r.external_id
)
ORDER BY r.id
LIMIT $11
ON CONFLICT DO NOTHING
