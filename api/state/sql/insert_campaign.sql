INSERT INTO campaigns (
    id, tenant_id, platform, external_id, account_id, name, name_folded, status, objective,
    daily_budget_micros, lifetime_budget_micros, currency, start_date, end_date, targeting, labels,
    created_at, updated_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)
