-- Nothing, where it was changed since it was read.
UPDATE users SET password_hash = $4, updated_at = $5
WHERE tenant_id = $1 AND id = $2 AND active AND password_hash = $3
