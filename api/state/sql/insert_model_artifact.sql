INSERT INTO model_artifacts (id, tenant_id, version, model, data_from, data_to, content, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
