-- Landed events and their worth by day, campaign, currency, country and class of device. Nulls are replaced after grouping,
-- once a group and not once an event. A sum is wider than its parts, so that it cannot wrap.
SELECT
    tenant_id,
    platform,
    dataset_id,
    campaign_id,
    event_name,
    event_date AS date,
    CASE WHEN currency IS NULL THEN '' ELSE currency END AS currency,
    CASE WHEN country IS NULL THEN '' ELSE country END AS country,
    device,
    CAST(events AS BIGINT UNSIGNED) AS events,
    CASE WHEN value_micros IS NULL THEN CAST(0 AS DECIMAL(38, 0)) ELSE value_micros END AS value_micros
FROM (
    SELECT
        tenant_id,
        platform,
        dataset_id,
        campaign_id,
        event_name,
        event_date,
        currency,
        country,
        device,
        count(*) AS events,
        sum(CAST(value_micros AS DECIMAL(38, 0))) AS value_micros
    FROM landed
    GROUP BY tenant_id, platform, dataset_id, campaign_id, event_name, event_date, currency,
        country, device
)
