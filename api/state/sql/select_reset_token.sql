SELECT tenant_id, user_id FROM reset_tokens
WHERE sha256 = $1 AND spent_at IS NULL AND expires_at > $2
