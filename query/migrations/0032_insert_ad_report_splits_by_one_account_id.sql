-- The parts of campaigns' days as 0030 brings the days themselves.
INSERT INTO ad_report_splits (
    tenant_id, platform, account_id, campaign_id, campaign_name, split, ad_set_id, ad_set_name, ad_id,
    ad_name, country, device, date, currency, spend_micros,
    impressions, clicks, conversions_micros, revenue_micros, version, received_at, log_partition,
    log_offset, log_row)
SELECT
    tenant_id, platform, one_id, campaign_id, campaign_name, split, ad_set_id, ad_set_name, ad_id,
    ad_name, country, device, date, currency, spend_micros,
    impressions, clicks, conversions_micros, revenue_micros, version, received_at, log_partition,
    log_offset, log_row
FROM
(
    SELECT
        *,
        multiIf(
            platform = 'meta', replaceRegexpOne(toString(account_id), '^(?i:act_)([0-9]+)$', '\\1'),
            platform = 'google' AND match(toString(account_id), '^[0-9]+(-[0-9]+)+$'), replaceAll(toString(account_id), '-', ''),
            platform = 'linkedin', replaceRegexpOne(toString(account_id), '^(?i:urn:li:sponsoredaccount:)([0-9]+)$', '\\1'),
            toString(account_id)
        ) AS one_id
    FROM ad_report_splits
)
WHERE one_id != account_id
SETTINGS max_partitions_per_insert_block = 0
