SELECT DISTINCT ON (dataset_id) dataset_id, id, tenant_id, hour, key_sealed
FROM delivery_keys
ORDER BY dataset_id, hour DESC
