UPDATE users
SET email_lookup = $3, email_sealed = $4, full_name_sealed = $5, phone_sealed = $6
WHERE tenant_id = $1 AND id = $2
