UPDATE rules
SET evaluated_at = $3, data_version = $4, campaigns_true = $5, campaigns_false = $6, campaigns_unknown = $7, error = $8
WHERE tenant_id = $1 AND id = $2
