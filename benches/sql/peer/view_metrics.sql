CREATE MATERIALIZED VIEW {database}.to_metrics TO {database}.metrics AS
SELECT
    event_name, toDate(toDateTime(event_time)) AS date, custom_data.currency AS currency,
    extractURLParameter(event_source_url, 'utm_id') AS campaign_id, count() AS events,
    sum(toInt64(custom_data.value * 1000000)) AS value_micros
FROM {database}.received
GROUP BY event_name, date, currency, campaign_id
