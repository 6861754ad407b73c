SELECT id, name, date_from, date_to, currency, model_version, content, created_at
FROM plans
WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id = $2)
ORDER BY created_at DESC, id DESC
LIMIT $3 OFFSET $4
