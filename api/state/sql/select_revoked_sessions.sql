SELECT session_id, revision, revoked_at
FROM revoked_sessions
WHERE revision > $1 AND revoked_at > $2
ORDER BY revision
LIMIT $3
