SELECT count(*) AS "assets!"
FROM creative_assets
WHERE tenant_id = $1
    AND deleted_at IS NULL
    AND ($2::uuid IS NULL OR campaign_id = $2)
    AND (cardinality($3::text[]) = 0 OR kind = ANY ($3))
    AND tags @> $4::text[]
    AND ($5::text IS NULL OR strpos(name_folded, $5) > 0)
