-- Adds rows of ranges with the rows that mark them as applied; while_held.sql follows.
INSERT INTO event_metrics (
    tenant_id, platform, dataset_id, campaign_id, event_name, date, currency, country, device, events,
    value_micros, applied_to)
SELECT
    tenant_id, platform, dataset_id, campaign_id, event_name, date, currency, country, device, events,
    value_micros, applied_to
FROM input('
    tenant_id UInt64, platform Int8, dataset_id String, campaign_id String, event_name String,
    date Date32, currency String, country String, device Int8, events UInt64, value_micros Int64, applied_to UInt64')
