UPDATE reset_tokens SET spent_at = $2
WHERE sha256 = $1 AND spent_at IS NULL AND expires_at > $2
RETURNING tenant_id, user_id
