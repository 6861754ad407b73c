SELECT count(*) AS "destinations!"
FROM destinations
WHERE tenant_id = $1
