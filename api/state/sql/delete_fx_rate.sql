DELETE FROM fx_rates WHERE tenant_id = $1 AND date = $2 AND currency = $3
