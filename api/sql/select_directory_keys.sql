SELECT id, tenant_id, dataset_id, sha256, scope, revoked_at IS NOT NULL AS "revoked!"
FROM api_keys
