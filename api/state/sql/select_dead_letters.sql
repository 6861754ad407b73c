SELECT record_offset, rows, outcome, code, field, message, trace_id, tries, replayable_until
FROM dead_letters
WHERE tenant_id = $1 AND destination_id = $2
ORDER BY id DESC
LIMIT $3
