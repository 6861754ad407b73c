-- Moves the checkpoint; never back, because the greatest counts.
INSERT INTO checkpoints (topic, partition, next_offset)
SELECT {topic:Int8}, {partition:UInt32}, {to:UInt64}
