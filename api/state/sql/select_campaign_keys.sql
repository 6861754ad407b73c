-- The campaigns that a list is of, in its order, and with each how many there are in all.
SELECT id, platform, external_id, currency, count(*) OVER () AS "total!"
FROM campaigns
WHERE tenant_id = $1
    AND deleted_at IS NULL
    AND (cardinality($2::text[]) = 0 OR platform = ANY ($2))
    AND (cardinality($3::text[]) = 0 OR status = ANY ($3))
    AND ($4::text IS NULL OR strpos(name_folded, $4) > 0 OR strpos(lower(external_id), $4) > 0)
    AND labels @> $5::text[]
    AND ($6::text IS NULL OR account_id = $6)
    AND ($7::date IS NULL OR end_date IS NULL OR end_date >= $7)
    AND ($8::date IS NULL OR start_date IS NULL OR start_date <= $8)
ORDER BY
    CASE WHEN $9::boolean AND NOT $10::boolean THEN name_folded END COLLATE "C",
    CASE WHEN $9 AND $10 THEN name_folded END COLLATE "C" DESC,
    CASE WHEN NOT $9 AND NOT $10 THEN created_at END,
    CASE WHEN NOT $9 AND $10 THEN created_at END DESC,
    id
LIMIT $11 OFFSET $12
