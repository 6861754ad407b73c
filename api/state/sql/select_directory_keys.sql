SELECT id, tenant_id, dataset_id, sha256, scope, revoked_at IS NOT NULL AS "revoked!", expires_at
FROM api_keys
