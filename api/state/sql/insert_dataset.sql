WITH dataset AS (
    INSERT INTO datasets (id, tenant_id, platform, external_id, name, created_at, event_name)
    VALUES ($1, $2, $3, $4, $5, $7, $8)
    RETURNING id, tenant_id, created_at
)
INSERT INTO tracking_configs (tenant_id, dataset_id, version, default_calling_code, created_at)
SELECT tenant_id, id, 1, $6, created_at FROM dataset
