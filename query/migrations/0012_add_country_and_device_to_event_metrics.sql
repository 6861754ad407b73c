-- The country of the people and their class of device, where known. A row that was there before keeps
-- an empty one and unknown, so all sums stay what they were. Both in one statement: a key that is there
-- already may be given again, a part of it not.
ALTER TABLE event_metrics {on_cluster}
    ADD COLUMN IF NOT EXISTS country LowCardinality(String) AFTER currency,
    ADD COLUMN IF NOT EXISTS device Enum8('unknown' = 0, 'desktop' = 1, 'mobile' = 2, 'tablet' = 3, 'bot' = 4) AFTER country,
    MODIFY ORDER BY (tenant_id, event_name, date, platform, dataset_id, campaign_id, currency, country, device)
