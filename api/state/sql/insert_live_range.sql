INSERT INTO delivery_ranges (tenant_id, destination_id, partition, kind, next_offset, not_before)
VALUES ($1, $2, $3, 'live', $4, 0)
ON CONFLICT (destination_id) WHERE kind = 'live' DO NOTHING
