-- Their roll-up, in one part as a commit's.
INSERT INTO event_metrics (tenant_id, platform, dataset_id, campaign_id, event_name, date, currency, events, value_micros)
SELECT tenant_id, platform, dataset_id, campaign_id, event_name, event_date, coalesce(currency, ''), count(), sum(coalesce(value_micros, 0))
FROM events
WHERE tenant_id = {tenant:UInt64} AND log_offset >= {from:UInt64}
GROUP BY tenant_id, platform, dataset_id, campaign_id, event_name, event_date, currency
