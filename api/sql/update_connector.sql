UPDATE connectors
SET name = $3, account_ids = $4, credentials_sealed = $5, credential_fields = $6, schedule = $7,
    enabled = $8, status = 'unverified', updated_at = $9
WHERE tenant_id = $1 AND id = $2
