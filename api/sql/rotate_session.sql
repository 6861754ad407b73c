UPDATE sessions SET refresh_id = $4, expires_at = $6
WHERE tenant_id = $1 AND id = $2 AND refresh_id = $3 AND revoked_at IS NULL AND expires_at > $5
RETURNING user_id
