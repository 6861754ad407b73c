INSERT INTO ad_accounts (tenant_id, platform, account_id, name, currency, time_zone, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tenant_id, platform, account_id)
DO UPDATE SET name = excluded.name, currency = excluded.currency, time_zone = excluded.time_zone,
    updated_at = excluded.updated_at
