SELECT hour, event_name, outcome, code, events, tries, latency
FROM delivery_counts
WHERE tenant_id = $1 AND destination_id = $2 AND hour >= $3 AND hour < $4
ORDER BY hour, event_name COLLATE "C", outcome, code COLLATE "C"
