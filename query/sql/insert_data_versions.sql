-- Moves the versions of tenants and, as those of tenant 0, the checkpoints of log partitions: together, and
-- never back, because the greatest counts; while_held.sql follows.
INSERT INTO data_versions (tenant_id, lane, applied_to)
SELECT tenant_id, lane, applied_to
FROM input('tenant_id UInt64, lane String, applied_to UInt64')
