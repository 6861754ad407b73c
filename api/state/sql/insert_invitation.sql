INSERT INTO invitations (
    id, tenant_id, email_lookup, email_sealed, role, token_sha256, invited_by, created_at, expires_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
