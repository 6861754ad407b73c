INSERT INTO dead_letters (
    tenant_id, destination_id, record_offset, rows, outcome, code, field, message, trace_id, tries, replayable_until
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
