SELECT count(*) AS "rules!"
FROM rules
WHERE tenant_id = $1
