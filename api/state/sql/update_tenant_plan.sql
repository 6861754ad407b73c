UPDATE tenants
SET plan = $2, limits = $3, updated_at = $4
WHERE id = $1
