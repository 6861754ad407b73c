UPDATE delivery_ranges
SET next_offset = $2
WHERE id = $1
