SELECT id, name, repeat, of, format, compression, platforms, columns, enabled, next_at, export_id, created_at
FROM export_schedules
WHERE tenant_id = $1 AND id = $2 AND enabled AND next_at <= $3
FOR NO KEY UPDATE
