UPDATE export_schedules
SET enabled = $3, next_at = $4
WHERE tenant_id = $1 AND id = $2
