SELECT id, device, created_at, renewed_at, expires_at, ends_at
FROM sessions
WHERE tenant_id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3
ORDER BY created_at DESC, id DESC
LIMIT $4
