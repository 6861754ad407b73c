SELECT date, currency, per_usd_nanos
FROM fx_rates
WHERE tenant_id = $1 AND date BETWEEN $2 AND $3 AND currency = ANY($4)
ORDER BY date, currency
