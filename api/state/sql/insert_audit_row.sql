INSERT INTO audit_log (tenant_id, at, actor_kind, actor_id, action, object_kind, object_id, outcome, changes, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
