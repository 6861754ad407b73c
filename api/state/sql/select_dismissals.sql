SELECT concern, reason, dismissed_by, dismissed_at, until
FROM dismissals
WHERE tenant_id = $1 AND until > $2
