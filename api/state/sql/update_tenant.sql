UPDATE tenants
SET name = $2, time_zone = $3, reporting_currency = $4, settings = $5, second_factor_required = $6, updated_at = $7
WHERE id = $1
