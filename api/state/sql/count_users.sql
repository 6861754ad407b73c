SELECT count(*) AS "users!"
FROM users
WHERE tenant_id = $1 AND ($2::text IS NULL OR role = $2) AND ($3::boolean IS NULL OR active = $3)
