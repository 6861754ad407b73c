-- Writes a plan down unless the partition is elsewhere or has a plan for this offset.
INSERT INTO commit_plans (topic, partition, from_offset, to_offset)
SELECT {topic:Int8}, {partition:UInt32}, {from:UInt64}, {to:UInt64}
WHERE {from:UInt64} = (
        SELECT max(next_offset)
        FROM checkpoints
        WHERE CAST(topic, 'Int8') = {topic:Int8} AND partition = {partition:UInt32})
  AND 0 = (
        SELECT count()
        FROM commit_plans
        WHERE CAST(topic, 'Int8') = {topic:Int8}
          AND partition = {partition:UInt32}
          AND from_offset = {from:UInt64})
