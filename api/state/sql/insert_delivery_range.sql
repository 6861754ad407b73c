INSERT INTO delivery_ranges (tenant_id, destination_id, partition, kind, next_offset, end_offset, not_before)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING id
