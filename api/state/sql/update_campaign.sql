UPDATE campaigns
SET external_id = $3, account_id = $4, name = $5, name_folded = $6, status = $7, objective = $8,
    daily_budget_micros = $9, lifetime_budget_micros = $10, currency = $11, start_date = $12,
    end_date = $13, targeting = $14, labels = $15, updated_at = $16
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL
