UPDATE export_schedules
SET next_at = $3, export_id = coalesce($4, export_id)
WHERE tenant_id = $1 AND id = $2
