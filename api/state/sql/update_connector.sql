UPDATE connectors
SET name = $3, account_ids = $4, credentials_sealed = $5, credential_fields = $6, schedule = $7,
    enabled = $8, settings = $9, next_run_at = $10, status = 'unverified', last_error = NULL, closed_accounts = '[]', updated_at = $11
WHERE tenant_id = $1 AND id = $2
