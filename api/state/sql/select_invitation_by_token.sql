SELECT id, tenant_id
FROM invitations
WHERE token_sha256 = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > $2
