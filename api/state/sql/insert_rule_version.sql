INSERT INTO rule_versions (tenant_id, rule_id, version, content, created_at)
VALUES ($1, $2, $3, $4, $5)
