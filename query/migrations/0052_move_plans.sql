-- A range that was planned before and not finished is done again as it was planned.
INSERT INTO data_versions (tenant_id, lane, applied_to)
SELECT 0, concat('begun ', toString(topic), '/', toString(partition)), argMax(to_offset, rank)
FROM commit_plans
GROUP BY topic, partition
