SELECT id, destination_id, kind, next_offset, end_offset, not_before
FROM delivery_ranges
WHERE tenant_id = $1 AND destination_id = $2
ORDER BY id
