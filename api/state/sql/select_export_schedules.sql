SELECT id, name, repeat, of, format, compression, platforms, columns, enabled, next_at, export_id, created_at
FROM export_schedules
WHERE tenant_id = $1
ORDER BY name, id
LIMIT 100
