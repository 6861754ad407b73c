-- All but the session $4, where one is named.
UPDATE sessions SET revoked_at = $3
WHERE tenant_id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3 AND id IS DISTINCT FROM $4
RETURNING id
