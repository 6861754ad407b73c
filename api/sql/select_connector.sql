SELECT id, platform, name, account_ids, credential_fields, schedule, enabled, status, created_at, updated_at
FROM connectors
WHERE tenant_id = $1 AND id = $2
