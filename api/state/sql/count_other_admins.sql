SELECT count(*) AS "admins!"
FROM users
WHERE tenant_id = $1 AND id <> $2 AND active AND role = 'admin'
