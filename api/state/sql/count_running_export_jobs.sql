SELECT count(*) AS "jobs!" FROM export_jobs WHERE tenant_id = $1 AND state = 'running'
