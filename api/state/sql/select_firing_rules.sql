-- Rules that tell people of the campaigns of which they fire now.
SELECT rules.id, rules.name, count(*) AS "campaigns!", max(rule_episodes.since) AS since
FROM rules
JOIN rule_episodes ON rule_episodes.tenant_id = $1 AND rule_episodes.rule_id = rules.id
WHERE rules.tenant_id = $1 AND rules.enabled AND rule_episodes.state = 'firing'
    AND rules.content -> 'actions' @> '[{"type": "send_alert"}]'
GROUP BY rules.id, rules.name
ORDER BY rules.name, rules.id
