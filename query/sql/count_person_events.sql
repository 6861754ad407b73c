-- As many rows as read_person_events.sql has without a limit.
SELECT count() AS events
FROM events
WHERE tenant_id = {tenant:UInt64}
  AND arrayExists(
      one -> has(arrayMap(digits -> toFixedString(unhex(digits), 32), {hashes:Array(String)}), one.hash)
          AND has({person:Array(String)}, concat(toString(CAST(one.key, 'Int8')), ':', lower(hex(one.hash)))),
      identifiers
  )
