UPDATE notes
SET first_day = $3, last_day = $4, platform = $5, campaign_id = $6, text = $7, updated_at = $8
WHERE tenant_id = $1 AND id = $2
