SELECT count(*) AS "keys!",
    count(*) FILTER (WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)) AS "open!"
FROM api_keys
WHERE tenant_id = $1
