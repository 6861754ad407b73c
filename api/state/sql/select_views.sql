SELECT id, user_id, name, path, is_shared, created_at
FROM views
WHERE tenant_id = $1 AND (user_id = $2 OR is_shared)
ORDER BY lower(name), id
LIMIT 500
