SELECT id, email_sealed, role, invited_by, created_at, expires_at
FROM invitations
WHERE tenant_id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > $2
ORDER BY created_at, id
LIMIT $3 OFFSET $4
