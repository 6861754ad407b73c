SELECT id, campaign_id, name, kind, url, format, size_bytes, duration_ms, tags, fatigue_score, first_used,
    created_at, updated_at
FROM creative_assets
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL
