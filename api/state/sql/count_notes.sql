SELECT count(*) AS "notes!" FROM notes WHERE tenant_id = $1
