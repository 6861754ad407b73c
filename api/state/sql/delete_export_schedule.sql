DELETE FROM export_schedules
WHERE tenant_id = $1 AND id = $2
