UPDATE users SET notified_at = $3
WHERE tenant_id = $1 AND id = $2 AND active AND (notified_at IS NULL OR notified_at < $4)
