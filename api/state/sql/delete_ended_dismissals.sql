DELETE FROM dismissals WHERE tenant_id = $1 AND until <= $2
