INSERT INTO api_keys (id, tenant_id, dataset_id, name, sha256, hint, scope, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
