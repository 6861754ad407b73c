UPDATE creative_assets
SET campaign_id = $3, name = $4, name_folded = $5, kind = $6, url = $7, format = $8, size_bytes = $9,
    duration_ms = $10, tags = $11, fatigue_score = $12, first_used = $13, updated_at = $14
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL
