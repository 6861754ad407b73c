INSERT INTO export_jobs (id, tenant_id, type, format, compression, date_from, date_to, time_zone,
    platforms, columns, asked_by_kind, asked_by_id, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
