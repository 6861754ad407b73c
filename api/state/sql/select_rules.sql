-- A page of the rules by name, or the one of an id, with the campaigns of which each fires now.
SELECT id, name, enabled, version, content, evaluated_at, campaigns_true, campaigns_false, campaigns_unknown, error,
    created_at, updated_at,
    (
        SELECT count(*)
        FROM rule_episodes
        WHERE rule_episodes.tenant_id = $1 AND rule_id = rules.id AND state = 'firing'
    ) AS "firing!"
FROM rules
WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id = $2)
ORDER BY name, id
LIMIT $3 OFFSET $4
