INSERT INTO destinations (
    id, tenant_id, dataset_id, name, platform, remote_id, mode, event_names, consent, test_code, credentials_sealed,
    credential_fields, since, created_at, updated_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $13)
