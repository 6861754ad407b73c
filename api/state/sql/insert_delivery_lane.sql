INSERT INTO delivery_lanes (destination_id, tenant_id, partition)
VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
