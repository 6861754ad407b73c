SELECT id, time_zone, plan, limits FROM tenants
