INSERT INTO pull_runs (id, tenant_id, connector_id, kind, state, date_from, date_to, created_at)
VALUES ($1, $2, $3, $4, 'queued', $5, $6, $7)
