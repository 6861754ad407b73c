INSERT INTO export_schedules
(id, tenant_id, name, repeat, of, format, compression, platforms, columns, enabled, next_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, true, $10, $11)
