SELECT id, platform, external_id, account_id, name, status, objective, daily_budget_micros,
    lifetime_budget_micros, currency, start_date, end_date, targeting, labels, last_synced_at,
    created_at, updated_at
FROM campaigns
WHERE tenant_id = $1 AND id = ANY ($2) AND deleted_at IS NULL
ORDER BY array_position($2, id)
