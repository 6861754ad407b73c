WITH signed_in AS (
    UPDATE users SET last_login_at = $4 WHERE tenant_id = $2 AND id = $3
)
INSERT INTO sessions (id, tenant_id, user_id, family, created_at, expires_at)
VALUES ($1, $2, $3, $1, $4, $5)
