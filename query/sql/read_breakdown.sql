-- Sums of the parts of a range of days, by currency, and their amounts in the one currency asked for, each
-- day's by its own factor. Codes of `by`: 1 campaign, 2 account, 3 ad set, 4 ad, 5 country, 6 device; what
-- no part is known of is left out. Campaigns and accounts are summed from whole reports, the others from
-- their splits. 256 bits hold a sum of products of 128.
WITH rates AS
(
    SELECT rate.1 AS currency_code, toDate32(rate.2) AS day, rate.3 AS factor
    FROM
    (
        SELECT arrayJoin(arrayZip(
            {rate_currencies:Array(String)}, {rate_days:Array(Int32)}, {rate_factors:Array(Int128)}
        )) AS rate
    )
)
SELECT
    currency_code AS currency,
    if({by:Int8} <= 4, toNullable(platform_code), NULL) AS platform,
    if({by:Int8} IN (2, 3, 4), account, '') AS account_id,
    if({by:Int8} IN (1, 3, 4), campaign, '') AS campaign_id,
    if({by:Int8} IN (3, 4), ad_set, '') AS ad_set_id,
    if({by:Int8} = 4, ad, '') AS ad_id,
    if({by:Int8} = 5, country_code, '') AS country,
    if({by:Int8} = 6, device_class, '') AS device,
    if({by:Int8} IN (1, 3, 4), max(named).4.1, '') AS campaign_name,
    if({by:Int8} IN (3, 4), max(named).4.2, '') AS ad_set_name,
    if({by:Int8} = 4, max(named).4.3, '') AS ad_name,
    sum(spend) AS spend_micros,
    sum(shown) AS impressions,
    sum(clicked) AS clicks,
    sum(converted) AS conversions_micros,
    sum(earned) AS revenue_micros,
    sum(purchases) AS tracked_conversions,
    sum(tracked) AS tracked_revenue_micros,
    sum(toInt256(spend) * toInt256(by_factor)) AS converted_spend,
    sum(toInt256(earned) * toInt256(by_factor)) AS converted_revenue,
    sum(toInt256(tracked) * toInt256(by_factor)) AS converted_tracked,
    max(by_factor = 0 AND (spend != 0 OR earned != 0)) AS lacks_reported,
    max(by_factor = 0 AND tracked != 0) AS lacks_tracked
FROM
(
    SELECT
        parts.*,
        if(parts.currency_code = {to:String}, {one:Int128}, rates.factor) AS by_factor
    FROM
    (
        SELECT
            toString(currency) AS currency_code,
            date AS day,
            CAST(platform, 'Int8') AS platform_code,
            toString(account_id) AS account,
            campaign_id AS campaign,
            '' AS ad_set,
            '' AS ad,
            '' AS country_code,
            '' AS device_class,
            (date, received_at, rank, (campaign_name, '', '')) AS named,
            toInt128(spend_micros) AS spend,
            toInt128(impressions) AS shown,
            toInt128(clicks) AS clicked,
            toInt128(conversions_micros) AS converted,
            toInt128(revenue_micros) AS earned,
            toInt128(0) AS purchases,
            toInt128(0) AS tracked
        FROM ad_reports FINAL
        WHERE {by:Int8} IN (1, 2)
          AND tenant_id = {tenant:UInt64}
          AND date >= toDate32({first_day:Int32})
          AND date <= toDate32({last_day:Int32})
          AND (empty({platforms:Array(Int8)}) OR has({platforms:Array(Int8)}, CAST(platform, 'Int8')))
          AND (empty({accounts:Array(String)}) OR has({accounts:Array(String)}, account_id))
          AND ({campaign:Nullable(String)} IS NULL OR campaign_id = {campaign:Nullable(String)})
        UNION ALL
        SELECT
            toString(currency),
            date,
            CAST(platform, 'Int8'),
            toString(account_id),
            campaign_id,
            ad_set_id,
            ad_id,
            toString(country),
            toString(device),
            (date, received_at, rank, (campaign_name, ad_set_name, ad_name)),
            toInt128(spend_micros),
            toInt128(impressions),
            toInt128(clicks),
            toInt128(conversions_micros),
            toInt128(revenue_micros),
            toInt128(0),
            toInt128(0)
        FROM ad_report_splits FINAL
        WHERE {by:Int8} >= 3
          AND tenant_id = {tenant:UInt64}
          AND date >= toDate32({first_day:Int32})
          AND date <= toDate32({last_day:Int32})
          AND (empty({platforms:Array(Int8)}) OR has({platforms:Array(Int8)}, CAST(platform, 'Int8')))
          AND (empty({accounts:Array(String)}) OR has({accounts:Array(String)}, account_id))
          AND ({campaign:Nullable(String)} IS NULL OR campaign_id = {campaign:Nullable(String)})
          -- Of a day whose ad sets are not reported, an ad set is the sum of its ads.
          AND (CAST(split, 'Int8') = {by:Int8} - 2
            OR ({by:Int8} = 3 AND split = 'ad' AND (platform, account_id, campaign_id, date) NOT IN
            (
                SELECT platform, account_id, campaign_id, date
                FROM ad_report_splits
                WHERE {by:Int8} = 3
                  AND tenant_id = {tenant:UInt64}
                  AND date >= toDate32({first_day:Int32})
                  AND date <= toDate32({last_day:Int32})
                  AND split = 'ad_set'
            )))
        UNION ALL
        SELECT
            toString(currency),
            date,
            CAST(platform, 'Int8'),
            '',
            campaign_id,
            '',
            '',
            upper(country),
            -- A robot is no class of device that platforms tell.
            multiIf(device = 'unknown', '', device = 'bot', 'other', toString(device)),
            (toDate32('1900-01-01'), fromUnixTimestamp64Milli(0, 'UTC'), toUInt256(0), ('', '', '')),
            toInt128(0),
            toInt128(0),
            toInt128(0),
            toInt128(0),
            toInt128(0),
            toInt128(events),
            value_micros
        FROM event_metrics
        WHERE {by:Int8} IN (1, 5, 6)
          AND tenant_id = {tenant:UInt64}
          AND event_name = {purchase:String}
          AND date >= toDate32({first_day:Int32})
          AND date <= toDate32({last_day:Int32})
          AND empty({accounts:Array(String)})
          AND (empty({platforms:Array(Int8)}) OR has({platforms:Array(Int8)}, CAST(platform, 'Int8')))
          AND ({campaign:Nullable(String)} IS NULL OR campaign_id = {campaign:Nullable(String)})
    ) AS parts
    LEFT ANY JOIN rates ON parts.currency_code = rates.currency_code AND parts.day = rates.day
)
WHERE multiIf({by:Int8} = 1, campaign, {by:Int8} = 2, account, {by:Int8} = 3, ad_set, {by:Int8} = 4, ad, {by:Int8} = 5, country_code, device_class) != ''
GROUP BY currency_code, platform, account_id, campaign_id, ad_set_id, ad_id, country, device
ORDER BY currency_code, platform, account_id, campaign_id, ad_set_id, ad_id, country, device
