INSERT INTO views (id, tenant_id, user_id, name, path, is_shared, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
