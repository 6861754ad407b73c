SELECT min(next_offset) AS next_offset
FROM delivery_ranges
WHERE partition = $1
