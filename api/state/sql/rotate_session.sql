-- $3 is spent, $4 counts from now ($5) on, until $6 or the session's end. Renewed by the client $7.
UPDATE sessions
SET refresh_id = $4, expires_at = least($6, ends_at), spent_id = $3, renewed_at = $5, renewed_by = $7, repeated = false
WHERE tenant_id = $1 AND id = $2 AND refresh_id = $3 AND revoked_at IS NULL AND expires_at > $5
RETURNING user_id, expires_at
