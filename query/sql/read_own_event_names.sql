-- Names that a person's events have and nobody else's: one that was made for them tells who they are.
SELECT toString(event_name) AS name
FROM events
WHERE tenant_id = {tenant:UInt64}
GROUP BY event_name
HAVING countIf(NOT arrayExists(
    one -> has(arrayMap(digits -> toFixedString(unhex(digits), 48), {seals:Array(String)}), one.seal)
        AND has({person:Array(String)}, concat(toString(CAST(one.key, 'Int8')), ':', lower(hex(one.seal)))),
    sealed_identifiers
)) = 0
ORDER BY name
LIMIT {rows_max:UInt64}
