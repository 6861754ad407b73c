SELECT id, destination_id, kind, next_offset, end_offset, not_before
FROM delivery_ranges
WHERE partition = $1
ORDER BY id
