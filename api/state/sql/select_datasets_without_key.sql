SELECT DISTINCT n.dataset_id, n.tenant_id
FROM destinations n
WHERE n.mode <> 'off' AND NOT EXISTS (
    SELECT FROM delivery_keys k WHERE k.dataset_id = n.dataset_id AND k.hour = $1
)
