-- The version after this one, where this one is the newest.
INSERT INTO tracking_configs (tenant_id, dataset_id, version, default_calling_code, policy, created_by, created_at)
SELECT tenant_id, dataset_id, version + 1, $4, $5, $6, $7
FROM tracking_configs
WHERE tenant_id = $1
    AND dataset_id = $2
    AND version = $3
    AND NOT EXISTS (
        SELECT FROM tracking_configs newer
        WHERE newer.tenant_id = $1 AND newer.dataset_id = $2 AND newer.version > $3
    )
