UPDATE users
SET email_lookup = $3, email_sealed = $4, full_name_sealed = $5, phone_sealed = NULL, password_hash = $6,
    active = false, updated_at = $7
WHERE tenant_id = $1 AND id = $2
