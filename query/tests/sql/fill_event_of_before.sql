INSERT INTO $database.events (tenant_id, platform, dataset_id, event_name, received_at)
SELECT 7, 'meta', '123', 'Purchase', now64(3)
