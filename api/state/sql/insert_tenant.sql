INSERT INTO tenants (slug, name, time_zone, reporting_currency, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $5)
RETURNING id
