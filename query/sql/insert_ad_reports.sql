-- A row inserted again has the same rank and replaces itself; while_held.sql follows.
-- An account has one id, also in records from before ids were brought into one form: Platform::account_id.
INSERT INTO ad_reports (
    tenant_id, platform, account_id, campaign_id, campaign_name, date, currency, spend_micros,
    impressions, clicks, conversions_micros, revenue_micros, version, received_at, log_partition,
    log_offset, log_row)
SELECT
    tenant_id, platform,
    multiIf(
        platform = 1, replaceRegexpOne(account_id, '^(?i:act_)([0-9]+)$', '\\1'),
        platform = 2 AND match(account_id, '^[0-9]+(-[0-9]+)+$'), replaceAll(account_id, '-', ''),
        platform = 5, replaceRegexpOne(account_id, '^(?i:urn:li:sponsoredaccount:)([0-9]+)$', '\\1'),
        account_id
    ) AS account_id,
    campaign_id, campaign_name, date, currency, spend_micros,
    impressions, clicks, conversions_micros, revenue_micros, version, received_at, log_partition,
    log_offset, log_row
FROM input('
    tenant_id UInt64, platform Int8, account_id String, campaign_id String, campaign_name String,
    date Date32, currency String, spend_micros Int64, impressions Int64, clicks Int64,
    conversions_micros Int64, revenue_micros Int64, version UInt64,
    received_at DateTime64(3, ''UTC''), log_partition UInt32, log_offset UInt64, log_row UInt32')
