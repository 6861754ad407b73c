DELETE FROM revoked_sessions WHERE revoked_at < $1
