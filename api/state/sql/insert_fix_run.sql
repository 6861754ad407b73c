INSERT INTO fix_runs (
    id, tenant_id, dataset_id, issue, state, idempotency_key, version_before, version_applied, policy_before,
    policy_applied, preview, created_by, created_at
) VALUES ($1, $2, $3, $4, 'observing', $5, $6, $7, $8, $9, $10, $11, $12)
