INSERT INTO plans (id, tenant_id, name, date_from, date_to, currency, model_version, content, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
