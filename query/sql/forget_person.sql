-- What tells who an event is about goes; what is counted stays, and so does the dedup key, by which a
-- copy that comes late is known.
ALTER TABLE events
UPDATE
    sealed_identifiers = arrayFilter(one -> 0, sealed_identifiers),
    event_id = NULL,
    order_id = NULL
WHERE tenant_id = {tenant:UInt64}
  AND arrayExists(
      one -> has(arrayMap(digits -> toFixedString(unhex(digits), 48), {seals:Array(String)}), one.seal)
          AND has({person:Array(String)}, concat(toString(CAST(one.key, 'Int8')), ':', lower(hex(one.seal)))),
      sealed_identifiers
  )
