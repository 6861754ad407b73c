INSERT INTO $database.$table ($column) SETTINGS insert_deduplication_token = '$token', async_insert = 0 VALUES (1)
