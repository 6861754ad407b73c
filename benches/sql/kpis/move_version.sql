-- As a commit does once its rows are in.
INSERT INTO data_versions (tenant_id, lane, applied_to) SETTINGS insert_deduplicate = 0
SELECT {tenant:UInt64}, 'bench', toUnixTimestamp64Milli(now64(3))
