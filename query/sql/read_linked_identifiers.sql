-- What a person is known by beside what they were asked for by. An identifier that stands beside many
-- e-mail addresses is a call centre's, or a placeholder: it is nobody's and leads to nobody.
SELECT
    CAST(tupleElement(one, 'key'), 'Int8') AS identifier_code,
    lower(hex(tupleElement(one, 'seal'))) AS identifier_seal
FROM events
ARRAY JOIN sealed_identifiers AS one
WHERE tenant_id = {tenant:UInt64}
  AND has({strong:Array(Int8)}, CAST(tupleElement(one, 'key'), 'Int8'))
  AND one IN (
      SELECT arrayJoin(sealed_identifiers)
      FROM events
      WHERE tenant_id = {tenant:UInt64}
        AND arrayExists(
            found -> has(arrayMap(digits -> toFixedString(unhex(digits), 48), {seals:Array(String)}), found.seal)
                AND has({person:Array(String)}, concat(toString(CAST(found.key, 'Int8')), ':', lower(hex(found.seal)))),
            sealed_identifiers
        )
  )
GROUP BY one
HAVING uniqExactArray(arrayMap(other -> other.seal, arrayFilter(other -> other.key = 'em', sealed_identifiers))) <= {emails_max:UInt64}
ORDER BY identifier_code, identifier_seal
LIMIT {rows_max:UInt64}
