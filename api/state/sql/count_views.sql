SELECT count(*) AS "views!" FROM views WHERE tenant_id = $1 AND user_id = $2
