UPDATE jobs SET input_sealed = $3 WHERE tenant_id = $1 AND id = $2
