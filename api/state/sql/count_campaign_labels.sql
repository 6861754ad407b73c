-- The labels that most campaigns have, by name.
SELECT label AS "label!", campaigns AS "campaigns!"
FROM (
    SELECT label, count(*) AS campaigns
    FROM campaigns, unnest(labels) AS label
    WHERE tenant_id = $1 AND deleted_at IS NULL
    GROUP BY label
    ORDER BY campaigns DESC, label
    LIMIT 500
) AS labels
ORDER BY label
