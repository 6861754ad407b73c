-- A month: the newest version of each report, and beside it what our own events show. Tracked sums
-- know no account: they stand in the least account that reports the campaign in this month, and in
-- a row without an account where none does.
SELECT {columns}
FROM
(
    SELECT
        toDate32(greatest(reported.day, tracked.day)) AS date,
        toLowCardinality(toString(CAST(
            if(reported.is_there, reported.code, tracked.code),
            'Enum8(\'unknown\' = 0, \'meta\' = 1, \'google\' = 2, \'tiktok\' = 3, \'snapchat\' = 4, \'linkedin\' = 5, \'pinterest\' = 6)'
        ))) AS platform,
        toLowCardinality(if(reported.is_there, reported.account, tracked.account)) AS account_id,
        if(reported.is_there, reported.campaign, tracked.campaign) AS campaign_id,
        reported.name AS campaign_name,
        toLowCardinality(if(reported.is_there, reported.money, tracked.money)) AS currency,
        reported.spend AS spend,
        reported.impressions AS impressions,
        reported.clicks AS clicks,
        reported.conversions AS conversions,
        reported.revenue AS revenue,
        tracked.events AS tracked_conversions,
        tracked.worth AS tracked_revenue,
        if(reported.is_there, reported.code, tracked.code) AS code
    FROM
    (
        SELECT
            true AS is_there,
            toInt32(date) AS day,
            CAST(platform, 'Int8') AS code,
            toString(account_id) AS account,
            campaign_id AS campaign,
            campaign_name AS name,
            toString(currency) AS money,
            ad_reports.spend_micros AS spend,
            ad_reports.impressions AS impressions,
            ad_reports.clicks AS clicks,
            ad_reports.conversions_micros AS conversions,
            ad_reports.revenue_micros AS revenue
        FROM ad_reports FINAL
        WHERE tenant_id = {tenant:UInt64}
          AND toYYYYMM(date) = {part:Int32}
          AND date >= toDate32({first_day:Int32})
          AND date <= toDate32({last_day:Int32})
          AND (empty({platforms:Array(Int8)}) OR has({platforms:Array(Int8)}, CAST(platform, 'Int8')))
    ) AS reported
    FULL JOIN
    (
        SELECT
            sums.day AS day,
            sums.code AS code,
            accounts.account AS account,
            sums.campaign AS campaign,
            sums.money AS money,
            sums.events AS events,
            sums.worth AS worth
        FROM
        (
            SELECT
                toInt32(date) AS day,
                CAST(platform, 'Int8') AS code,
                campaign_id AS campaign,
                toString(currency) AS money,
                accurateCast(sum(event_metrics.events), 'Int64') AS events,
                accurateCast(sum(value_micros), 'Int64') AS worth
            FROM event_metrics
            WHERE tenant_id = {tenant:UInt64}
              AND event_name = {purchase:String}
              AND toYYYYMM(date) = {part:Int32}
              AND date >= toDate32({first_day:Int32})
              AND date <= toDate32({last_day:Int32})
              AND (empty({platforms:Array(Int8)}) OR has({platforms:Array(Int8)}, CAST(platform, 'Int8')))
            GROUP BY day, code, campaign, money
        ) AS sums
        LEFT JOIN
        (
            SELECT
                CAST(platform, 'Int8') AS code,
                campaign_id AS campaign,
                min(toString(account_id)) AS account
            FROM ad_reports
            WHERE tenant_id = {tenant:UInt64}
              AND toYYYYMM(date) = {part:Int32}
              AND date >= toDate32({first_day:Int32})
              AND date <= toDate32({last_day:Int32})
            GROUP BY code, campaign
        ) AS accounts
        ON sums.code = accounts.code AND sums.campaign = accounts.campaign
    ) AS tracked
    ON reported.day = tracked.day
        AND reported.code = tracked.code
        AND reported.account = tracked.account
        AND reported.campaign = tracked.campaign
        AND reported.money = tracked.money
)
ORDER BY code, account_id, campaign_id, date, currency
