DELETE FROM delivery_requests
WHERE destination_id = $1 AND id <= (
    SELECT id FROM delivery_requests WHERE destination_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2
)
