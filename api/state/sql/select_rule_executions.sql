-- A page of what rules did, or one rule, newest first, with the names of the rule and the campaign.
SELECT done.id, done.rule_id, rules.name AS rule_name, done.rule_version, done.campaign_id,
    campaigns.name AS "campaign_name?", done.episode, done.action, done.outcome, done.observed, done.executed_at,
    rule_versions.content, count(*) OVER () AS "total!"
FROM rule_executions AS done
JOIN rules ON rules.tenant_id = $1 AND rules.id = done.rule_id
JOIN rule_versions ON rule_versions.tenant_id = $1 AND rule_versions.rule_id = done.rule_id
    AND rule_versions.version = done.rule_version
LEFT JOIN campaigns ON campaigns.tenant_id = $1 AND campaigns.id = done.campaign_id
WHERE done.tenant_id = $1 AND ($2::uuid IS NULL OR done.rule_id = $2)
ORDER BY done.executed_at DESC, done.id DESC
LIMIT $3 OFFSET $4
