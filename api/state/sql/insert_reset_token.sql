-- Nothing, where the user got one a moment ago.
INSERT INTO reset_tokens (sha256, tenant_id, user_id, created_at, expires_at)
SELECT $1, $2, $3, $4, $5
WHERE NOT EXISTS (
    SELECT FROM reset_tokens
    WHERE tenant_id = $2 AND user_id = $3 AND created_at > $6 AND spent_at IS NULL
)
