INSERT INTO creative_assets (
    id, tenant_id, campaign_id, name, name_folded, kind, url, format, size_bytes, duration_ms, tags,
    fatigue_score, first_used, created_at, updated_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
