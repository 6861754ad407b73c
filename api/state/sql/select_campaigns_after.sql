-- The next campaigns by id; those of these platforms where any is named.
SELECT id, platform, external_id, account_id, name, status, objective, daily_budget_micros,
    lifetime_budget_micros, currency, start_date, end_date, targeting, labels, last_synced_at,
    created_at, updated_at
FROM campaigns
WHERE tenant_id = $1
    AND deleted_at IS NULL
    AND id > $2
    AND (cardinality($3::text[]) = 0 OR platform = ANY ($3))
ORDER BY id
LIMIT $4
