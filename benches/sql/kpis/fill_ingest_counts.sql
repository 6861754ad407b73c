-- What came in, by hour of the last weeks.
INSERT INTO ingest_counts (tenant_id, platform, dataset_id, kind, hour, received, landed, duplicate, rejected, newest_received_at)
SELECT {tenant:UInt64}, 'meta', '4711', 'event', toStartOfHour(now()) - toIntervalHour(number), 1000, 1000, 0, 0, now64(3)
FROM numbers(500)
