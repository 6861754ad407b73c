-- Nothing, where the user was shut out or got another password since it was checked.
WITH signed_in AS (
    UPDATE users SET last_login_at = $5
    WHERE tenant_id = $1 AND id = $2 AND active AND password_hash = $3
    RETURNING id, role
), session AS (
    INSERT INTO sessions (id, tenant_id, user_id, refresh_id, created_at, expires_at, ends_at, device)
    SELECT $4, $1, id, $6, $5, $7, $8, $9 FROM signed_in
)
SELECT role FROM signed_in
