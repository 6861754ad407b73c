-- Uses a link, and forgets those whose time is over.
WITH spent AS (
    DELETE FROM export_links
    WHERE sha256 = $1 OR expires_at <= $2
    RETURNING sha256, tenant_id, export_id, user_id, expires_at
)
SELECT tenant_id AS "tenant_id!", export_id AS "export_id!", user_id AS "user_id!"
FROM spent
WHERE sha256 = $1 AND expires_at > $2
