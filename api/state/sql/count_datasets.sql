SELECT count(*) AS "datasets!"
FROM datasets
WHERE tenant_id = $1
