-- What the program did on these days that may show in figures: other tracking, and reports of the past
-- that were asked for.
SELECT at AS "at!", kind AS "kind!", subject AS "subject!", version, first_day, last_day
FROM (
    SELECT c.created_at AS at, 'tracking' AS kind, d.name AS subject, c.version, NULL::date AS first_day,
        NULL::date AS last_day
    FROM tracking_configs c
    JOIN datasets d ON d.tenant_id = c.tenant_id AND d.id = c.dataset_id
    WHERE c.tenant_id = $1 AND c.version > 1 AND c.created_at >= $2 AND c.created_at < $3
    UNION ALL
    SELECT r.created_at, 'backfill', c.name, NULL, r.date_from, r.date_to
    FROM pull_runs r
    JOIN connectors c ON c.tenant_id = r.tenant_id AND c.id = r.connector_id
    WHERE r.tenant_id = $1 AND r.kind = 'backfill' AND r.created_at >= $2 AND r.created_at < $3
) changes
ORDER BY at DESC
LIMIT $4
