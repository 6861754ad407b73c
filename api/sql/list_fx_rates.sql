SELECT date, currency, per_usd_nanos
FROM fx_rates
WHERE tenant_id = $1
    AND ($2::date IS NULL OR date >= $2)
    AND ($3::date IS NULL OR date <= $3)
    AND ($4::text IS NULL OR currency = $4)
ORDER BY date DESC, currency
LIMIT $5 OFFSET $6
