SELECT id, time_zone, reporting_currency, plan, limits FROM tenants
