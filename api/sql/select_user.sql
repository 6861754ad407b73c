SELECT id, tenant_id, email_sealed, full_name_sealed, phone_sealed, password_hash, role, locale, time_zone, active,
    last_login_at, created_at
FROM users
WHERE tenant_id = $1 AND id = $2
