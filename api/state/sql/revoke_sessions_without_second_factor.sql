UPDATE sessions AS s SET revoked_at = $2
WHERE s.tenant_id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2
    AND NOT EXISTS (
        SELECT FROM second_factors f
        WHERE f.tenant_id = s.tenant_id AND f.user_id = s.user_id AND f.confirmed_at IS NOT NULL
    )
RETURNING s.id
