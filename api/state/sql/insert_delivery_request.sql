INSERT INTO delivery_requests (
    tenant_id, destination_id, sent_at, events, bytes, status, took_ms, outcome, code, message, trace_id
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
