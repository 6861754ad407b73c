DELETE FROM delivery_ranges
WHERE tenant_id = $1 AND destination_id = $2
