UPDATE invitations
SET email_lookup = $3, email_sealed = $4
WHERE tenant_id = $1 AND id = $2
