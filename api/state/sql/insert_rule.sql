INSERT INTO rules (id, tenant_id, name, enabled, version, content, due_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, 1, $5, $6, $6, $6)
