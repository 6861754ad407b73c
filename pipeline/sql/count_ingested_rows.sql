-- Every row received, by what became of it. What landed has rows of its own, so that the newest of
-- them can be told from the newest received. Kinds: 1 event, 2 ad report, 3 a field of an event, which
-- is counted itself.
SELECT
    tenant_id,
    platform,
    dataset_id,
    kind,
    hour,
    CAST(landed + duplicate + rejected AS BIGINT UNSIGNED) AS received,
    CAST(landed AS BIGINT UNSIGNED) AS landed,
    CAST(duplicate AS BIGINT UNSIGNED) AS duplicate,
    CAST(rejected AS BIGINT UNSIGNED) AS rejected,
    newest_received_at
FROM (
    SELECT
        tenant_id, platform, dataset_id, CAST(1 AS TINYINT) AS kind, received_hour AS hour,
        count(*) AS landed, 0 AS duplicate, 0 AS rejected, max(received_at) AS newest_received_at
    FROM landed
    GROUP BY tenant_id, platform, dataset_id, received_hour
    UNION ALL
    SELECT
        tenant_id, platform, dataset_id, CAST(1 AS TINYINT) AS kind, received_hour AS hour,
        0 AS landed, count(*) AS duplicate, 0 AS rejected, max(received_at) AS newest_received_at
    FROM duplicates
    GROUP BY tenant_id, platform, dataset_id, received_hour
    UNION ALL
    SELECT
        tenant_id, platform, account_id AS dataset_id, CAST(2 AS TINYINT) AS kind, received_hour AS hour,
        count(*) AS landed, 0 AS duplicate, 0 AS rejected, max(received_at) AS newest_received_at
    FROM ad_reports
    GROUP BY tenant_id, platform, account_id, received_hour
    UNION ALL
    SELECT
        tenant_id, platform, dataset_id, kind, received_hour AS hour,
        0 AS landed, 0 AS duplicate, sum(row_count) AS rejected, max(received_at) AS newest_received_at
    FROM rejections
    WHERE kind <> 3
    GROUP BY tenant_id, platform, dataset_id, kind, received_hour
)
