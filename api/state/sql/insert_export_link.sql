INSERT INTO export_links (sha256, tenant_id, export_id, user_id, expires_at) VALUES ($1, $2, $3, $4, $5)
