WHERE 0 = (
    SELECT count()
    FROM claims
    WHERE CAST(topic, 'Int8') = {topic:Int8}
      AND arrayExists(
        (held, e, n) -> held = partition AND (epoch, nonce) > (e, n),
        {partitions:Array(UInt32)}, {epochs:Array(UInt64)}, {nonces:Array(UInt64)}))
FORMAT ArrowStream
