UPDATE reset_tokens SET spent_at = $3
WHERE tenant_id = $1 AND user_id = $2 AND spent_at IS NULL
