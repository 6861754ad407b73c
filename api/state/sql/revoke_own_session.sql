UPDATE sessions SET revoked_at = $4
WHERE tenant_id = $1 AND user_id = $2 AND id = $3 AND revoked_at IS NULL AND expires_at > $4
RETURNING id
