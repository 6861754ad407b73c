DELETE FROM dismissals WHERE tenant_id = $1 AND concern = $2
