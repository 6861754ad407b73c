UPDATE invitations
SET withdrawn_at = $3
WHERE tenant_id = $1 AND email_lookup = ANY ($2) AND accepted_at IS NULL AND withdrawn_at IS NULL
