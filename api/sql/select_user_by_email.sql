SELECT id, tenant_id, email_sealed, full_name_sealed, password_hash, role, active, last_login_at, created_at
FROM users
WHERE email_lookup = $1
