DELETE FROM delivery_ranges
WHERE id = $1 AND partition = $2 AND next_offset = $3 AND end_offset = $4
RETURNING destination_id, tenant_id
