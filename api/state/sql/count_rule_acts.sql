-- Acts since an instant that no bound kept back, by rule and campaign.
SELECT rule_id, campaign_id, count(DISTINCT (rule_version, episode)) AS "acts!"
FROM rule_executions
WHERE tenant_id = $1 AND executed_at > $2 AND outcome <> 'capped'
GROUP BY rule_id, campaign_id
