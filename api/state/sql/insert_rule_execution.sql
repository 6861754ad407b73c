INSERT INTO rule_executions
(id, tenant_id, rule_id, rule_version, campaign_id, episode, place, action, outcome, observed, executed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (tenant_id, rule_id, rule_version, campaign_id, episode, place) DO NOTHING
