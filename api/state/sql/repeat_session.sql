-- $3 was spent not before $5, by the same client $6, and this is the first time that it is seen again.
UPDATE sessions SET repeated = true
WHERE tenant_id = $1 AND id = $2 AND spent_id = $3 AND NOT repeated AND renewed_at >= $5 AND renewed_by = $6
    AND revoked_at IS NULL AND expires_at > $4
RETURNING user_id, refresh_id AS "refresh_id!", renewed_at AS "renewed_at!", expires_at
