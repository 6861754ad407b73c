SELECT content FROM model_artifacts WHERE tenant_id = $1 AND id = $2
