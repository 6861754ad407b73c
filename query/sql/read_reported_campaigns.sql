-- Campaigns that ad reports name, with what the report of the newest day says of them, and when one was
-- received last.
SELECT
    platform_code,
    campaign,
    newest.4 AS account,
    newest.5 AS name,
    newest.6 AS currency_code,
    toUnixTimestamp64Milli(received) AS received_ms
FROM
(
    SELECT
        CAST(platform, 'Int8') AS platform_code,
        campaign_id AS campaign,
        max(received_at) AS received,
        max((date, received_at, rank, toString(account_id), campaign_name, toString(currency))) AS newest
    FROM ad_reports
    WHERE tenant_id = {tenant:UInt64}
      AND received_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
      AND (CAST(platform, 'Int8') > {after_platform:Int8}
        OR (CAST(platform, 'Int8') = {after_platform:Int8} AND campaign_id > {after_campaign:String}))
    GROUP BY platform_code, campaign
)
ORDER BY platform_code, campaign
LIMIT {limit:UInt32}
