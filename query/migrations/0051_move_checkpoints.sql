-- A checkpoint stands beside the versions of tenants, as that of tenant 0, so that they move together.
INSERT INTO data_versions (tenant_id, lane, applied_to)
SELECT 0, concat(toString(topic), '/', toString(partition)), max(next_offset)
FROM checkpoints
GROUP BY topic, partition
