UPDATE second_factors SET secret_sealed = $3 WHERE tenant_id = $1 AND user_id = $2
