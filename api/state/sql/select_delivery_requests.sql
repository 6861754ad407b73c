SELECT sent_at, events, bytes, status, took_ms, outcome, code, message, trace_id
FROM delivery_requests
WHERE tenant_id = $1 AND destination_id = $2
ORDER BY id DESC
LIMIT $3
