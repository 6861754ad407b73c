SELECT count(*) AS "keys!", count(*) FILTER (WHERE revoked_at IS NULL) AS "open!"
FROM api_keys
WHERE tenant_id = $1
