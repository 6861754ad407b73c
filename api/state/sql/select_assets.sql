SELECT id, campaign_id, name, kind, url, format, size_bytes, duration_ms, tags, fatigue_score, first_used,
    created_at, updated_at
FROM creative_assets
WHERE tenant_id = $1
    AND deleted_at IS NULL
    AND ($2::uuid IS NULL OR campaign_id = $2)
    AND (cardinality($3::text[]) = 0 OR kind = ANY ($3))
    AND tags @> $4::text[]
    AND ($5::text IS NULL OR strpos(name_folded, $5) > 0)
ORDER BY created_at DESC, id
LIMIT $6 OFFSET $7
