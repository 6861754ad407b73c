WITH counts AS (DELETE FROM delivery_counts WHERE tenant_id = $1 AND destination_id = $2),
    letters AS (DELETE FROM dead_letters WHERE tenant_id = $1 AND destination_id = $2),
    requests AS (DELETE FROM delivery_requests WHERE tenant_id = $1 AND destination_id = $2)
DELETE FROM delivery_health
WHERE tenant_id = $1 AND destination_id = $2
