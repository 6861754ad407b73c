SELECT id, version, model, data_from, data_to, created_at
FROM model_artifacts
WHERE tenant_id = $1
ORDER BY created_at DESC, id DESC
LIMIT $2
