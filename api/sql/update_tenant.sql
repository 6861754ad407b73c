UPDATE tenants
SET name = $2, time_zone = $3, reporting_currency = $4, settings = $5, updated_at = $6
WHERE id = $1
