-- As many rows as read_person_events.sql has without a limit, and the days they count for.
SELECT
    count() AS events,
    toInt32(min(event_date)) AS first_day,
    toInt32(max(event_date)) AS last_day
FROM events
WHERE tenant_id = {tenant:UInt64}
  AND arrayExists(
      one -> has(arrayMap(digits -> toFixedString(unhex(digits), 48), {seals:Array(String)}), one.seal)
          AND has({person:Array(String)}, concat(toString(CAST(one.key, 'Int8')), ':', lower(hex(one.seal)))),
      sealed_identifiers
  )
