SELECT id, email_sealed, role, invited_by, created_at, expires_at
FROM invitations
WHERE tenant_id = $1 AND id > $2
ORDER BY id
LIMIT $3
