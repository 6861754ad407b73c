SELECT k.id, k.key_sealed
FROM delivery_keys k
JOIN datasets d ON d.id = k.dataset_id
WHERE d.tenant_id = $1 AND d.platform = $2 AND d.external_id = $3 AND k.hour = $4
