SELECT tenant_id, partition
FROM delivery_lanes
WHERE destination_id = $1
FOR UPDATE
