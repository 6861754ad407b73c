SELECT id, tenant_id, data_version, evaluated_at
FROM rules
WHERE enabled AND due_at <= $1
ORDER BY due_at, id
LIMIT $2
