SELECT count(*) AS "rows!"
FROM audit_log
WHERE tenant_id = $1
    AND ($2::timestamptz IS NULL OR at >= $2)
    AND ($3::timestamptz IS NULL OR at < $3)
    AND ($4::text IS NULL OR actor_kind = $4)
    AND ($5::text IS NULL OR actor_id = $5)
    AND ($6::text IS NULL OR action = $6)
    AND ($7::text IS NULL OR object_kind = $7)
    AND ($8::text IS NULL OR object_id = $8)
    AND ($9::text IS NULL OR outcome = $9)
