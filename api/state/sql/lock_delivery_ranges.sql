-- The ranges of the destination that the range is of, where that is of this partition.
SELECT id, tenant_id, destination_id, kind, next_offset, end_offset, not_before
FROM delivery_ranges
WHERE partition = $1 AND destination_id = (SELECT destination_id FROM delivery_ranges WHERE id = $2)
ORDER BY id
FOR UPDATE
