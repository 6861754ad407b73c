UPDATE users
SET full_name_sealed = $3, phone_sealed = $4, role = $5, locale = $6, time_zone = $7, active = $8, updated_at = $9
WHERE tenant_id = $1 AND id = $2
