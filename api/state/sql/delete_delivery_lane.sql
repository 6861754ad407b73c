DELETE FROM delivery_lanes
WHERE tenant_id = $1 AND destination_id = $2
