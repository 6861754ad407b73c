SELECT id, platform, name, account_ids, credential_fields, schedule, enabled, status, settings,
    last_success_at, pulled_to, next_run_at, last_error, closed_accounts, created_at, updated_at
FROM connectors
WHERE tenant_id = $1 AND id = $2
