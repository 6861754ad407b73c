-- An account was kept as it was written, so under several ids. Each row comes again under the one id of
-- Platform::account_id, with its own rank: of two that meet the newer version stays. Run again it adds
-- nothing, because equal ranks replace each other.
INSERT INTO ad_reports (
    tenant_id, platform, account_id, campaign_id, campaign_name, date, currency, spend_micros,
    impressions, clicks, conversions_micros, revenue_micros, version, received_at, log_partition,
    log_offset, log_row)
SELECT
    tenant_id, platform, one_id, campaign_id, campaign_name, date, currency, spend_micros,
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
    FROM ad_reports
)
WHERE one_id != account_id
SETTINGS max_partitions_per_insert_block = 0
