SELECT id, first_day, last_day, platform, campaign_id, text, created_by, created_at, updated_at
FROM notes
WHERE tenant_id = $1
    AND ($2::uuid IS NULL OR id = $2)
    AND last_day >= $3
    AND first_day <= $4
    AND (cardinality($5::text[]) = 0 OR platform IS NULL OR platform = ANY ($5))
    AND ($6::uuid IS NULL OR campaign_id IS NULL OR campaign_id = $6)
ORDER BY first_day DESC, created_at DESC, id
LIMIT $7
