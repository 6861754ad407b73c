WITH detached AS (
    UPDATE creative_assets SET campaign_id = NULL, updated_at = $3
    WHERE tenant_id = $1 AND campaign_id = $2
)
UPDATE campaigns
SET deleted_at = $3, updated_at = $3
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL
