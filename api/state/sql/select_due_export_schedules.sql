SELECT id, tenant_id
FROM export_schedules
WHERE enabled AND next_at <= $1
ORDER BY next_at, id
LIMIT $2
