INSERT INTO connectors (
    id, tenant_id, platform, name, account_ids, credentials_sealed, credential_fields, schedule, enabled,
    settings, next_run_at, created_at, updated_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
