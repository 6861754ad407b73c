-- Claims log partitions: one more than the claims there were, and a nonce where two come at once.
INSERT INTO claims (topic, partition, epoch, nonce)
SELECT {topic:Int8}, claimed, max(known) + 1, {nonce:UInt64}
FROM
(
    SELECT arrayJoin({partitions:Array(UInt32)}) AS claimed, toUInt64(0) AS known
    UNION ALL
    SELECT partition, epoch
    FROM claims
    WHERE CAST(topic, 'Int8') = {topic:Int8} AND has({partitions:Array(UInt32)}, partition)
)
GROUP BY claimed
