INSERT INTO users (
    id, tenant_id, email_lookup, email_sealed, full_name_sealed, password_hash, role, created_at, updated_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
