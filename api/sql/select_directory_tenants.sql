SELECT id, time_zone FROM tenants
