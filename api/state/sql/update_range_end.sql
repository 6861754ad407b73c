UPDATE delivery_ranges
SET end_offset = $2
WHERE id = $1
