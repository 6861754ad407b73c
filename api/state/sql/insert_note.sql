INSERT INTO notes (id, tenant_id, first_day, last_day, platform, campaign_id, text, created_by, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
