SELECT id, slug, name, plan, time_zone, reporting_currency, created_at
FROM tenants
ORDER BY id
