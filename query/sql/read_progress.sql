-- The checkpoint of a log partition and its newest plan; zeros where there is none.
SELECT
    plan.1 AS plan_from,
    plan.2 AS plan_to,
    assumeNotNull((
        SELECT max(next_offset)
        FROM checkpoints
        WHERE CAST(topic, 'Int8') = {topic:Int8} AND partition = {partition:UInt32}
    )) AS checkpoint
FROM (
    SELECT argMax((from_offset, to_offset), rank) AS plan
    FROM commit_plans
    WHERE CAST(topic, 'Int8') = {topic:Int8} AND partition = {partition:UInt32}
)
