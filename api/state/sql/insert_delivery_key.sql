INSERT INTO delivery_keys (id, tenant_id, dataset_id, hour, key_sealed)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (dataset_id, hour) DO NOTHING
