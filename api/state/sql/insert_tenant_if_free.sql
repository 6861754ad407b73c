INSERT INTO tenants (slug, name, plan, time_zone, reporting_currency, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $6)
ON CONFLICT (slug) DO NOTHING
RETURNING id
