SELECT count(*) AS "runs!" FROM fix_runs WHERE tenant_id = $1
