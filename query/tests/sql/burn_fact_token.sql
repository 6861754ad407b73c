INSERT INTO $database.$table (tenant_id, received_at) SETTINGS insert_deduplication_token = '$token', async_insert = 0
SELECT 1, fromUnixTimestamp64Milli(toInt64($received), 'UTC')
