SELECT id, tenant_id, email_sealed, full_name_sealed, phone_sealed, password_hash, role, locale, time_zone, active,
    last_login_at, created_at,
    EXISTS (
        SELECT FROM second_factors f
        WHERE f.tenant_id = users.tenant_id AND f.user_id = users.id AND f.confirmed_at IS NOT NULL
    ) AS "has_second_factor!"
FROM users
WHERE tenant_id = $1 AND id = $2
