SELECT id, slug, name, plan, time_zone, reporting_currency, settings, created_at, updated_at
FROM tenants
ORDER BY id
