SELECT id, slug, name, plan, time_zone, reporting_currency, settings, second_factor_required, created_at, updated_at
FROM tenants
ORDER BY id
