-- Moves a tenant's version without a range of the log: what is answered has changed by itself.
INSERT INTO data_versions (tenant_id, lane, applied_to)
SELECT {tenant:UInt64}, 'erasure', toUInt64(toUnixTimestamp64Milli(now64(3)))
