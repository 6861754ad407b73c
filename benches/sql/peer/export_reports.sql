-- The same rows, by the engine alone in one of its own formats.
SELECT
    date, platform, account_id, campaign_id, campaign_name, currency,
    CAST(toDecimal128(spend_micros, 6) / 1000000, 'Decimal(18, 6)') AS spend, impressions, clicks,
    CAST(toDecimal128(conversions_micros, 6) / 1000000, 'Decimal(18, 6)') AS conversions,
    CAST(toDecimal128(revenue_micros, 6) / 1000000, 'Decimal(18, 6)') AS revenue,
    toInt64(0) AS tracked_conversions, CAST(0, 'Decimal(18, 6)') AS tracked_revenue
FROM ad_reports FINAL
WHERE tenant_id = $tenant
ORDER BY toYYYYMM(date), platform, account_id, campaign_id, date
SETTINGS max_threads = 1, max_bytes_before_external_sort = 500000000, output_format_parquet_compression_method = 'zstd'
FORMAT $format
