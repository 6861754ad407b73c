SELECT coalesce(max(revision), 0) AS "revision!" FROM revoked_sessions
