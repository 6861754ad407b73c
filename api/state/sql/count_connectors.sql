SELECT count(*) AS "connectors!"
FROM connectors
WHERE tenant_id = $1
