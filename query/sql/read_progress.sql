-- How far log partitions have come: the offset before which all has landed, the offset to which a range
-- was begun, and the newest claim; zeros where there is none. What migration 52 left of plans counts as begun.
SELECT
    log_partition,
    max(landed) AS checkpoint,
    max(started) AS begun,
    max(newest).1 AS epoch,
    max(newest).2 AS nonce
FROM
(
    SELECT
        arrayJoin({partitions:Array(UInt32)}) AS log_partition,
        toUInt64(0) AS landed,
        toUInt64(0) AS started,
        (toUInt64(0), toUInt64(0)) AS newest
    UNION ALL
    SELECT
        {partitions:Array(UInt32)}[indexOf({lanes:Array(String)}, replaceOne(lane, 'begun ', ''))],
        if(startsWith(lane, 'begun '), 0, applied_to),
        if(startsWith(lane, 'begun '), applied_to, 0),
        (toUInt64(0), toUInt64(0))
    FROM data_versions
    WHERE tenant_id = 0 AND has({lanes:Array(String)}, replaceOne(lane, 'begun ', ''))
    UNION ALL
    SELECT
        {partitions:Array(UInt32)}[indexOf({lanes:Array(String)}, dataset_id)],
        toUInt64(0),
        toUInt64(applied_to),
        (toUInt64(0), toUInt64(0))
    FROM ingest_counts
    WHERE tenant_id = 0 AND has({lanes:Array(String)}, dataset_id)
    UNION ALL
    SELECT partition, toUInt64(0), toUInt64(0), (epoch, nonce)
    FROM claims
    WHERE CAST(topic, 'Int8') = {topic:Int8} AND has({partitions:Array(UInt32)}, partition)
)
GROUP BY log_partition
ORDER BY log_partition
