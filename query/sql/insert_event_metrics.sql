-- Adds the rows of a range with the row that marks it as applied, unless it is marked already.
INSERT INTO event_metrics (
    tenant_id, platform, dataset_id, campaign_id, event_name, date, currency, country, device, events,
    value_micros, applied_to)
SELECT
    tenant_id, platform, dataset_id, campaign_id, event_name, date, currency, country, device, events,
    value_micros, applied_to
FROM input('
    tenant_id UInt64, platform Int8, dataset_id String, campaign_id String, event_name String,
    date Date32, currency String, country String, device Int8, events UInt64, value_micros Int64, applied_to UInt64')
WHERE {to:UInt64} > (
    SELECT max(applied_to) FROM event_metrics WHERE tenant_id = 0 AND dataset_id = {lane:String})
FORMAT ArrowStream
