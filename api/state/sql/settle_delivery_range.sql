UPDATE delivery_ranges
SET next_offset = $4
WHERE id = $1 AND partition = $2 AND next_offset = $3 AND coalesce(end_offset > $4, true)
RETURNING destination_id, tenant_id
