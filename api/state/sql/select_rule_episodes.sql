SELECT campaign_id, number, state, since, acted_at
FROM rule_episodes
WHERE tenant_id = $1 AND rule_id = $2
