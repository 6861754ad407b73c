-- The rates that count: a tenant's own, and the bank's where it has none.
SELECT date AS "date!", currency AS "currency!", per_usd_nanos AS "per_usd_nanos!", is_own AS "is_own!"
FROM (
    SELECT date, currency, per_usd_nanos, true AS is_own
    FROM fx_rates
    WHERE tenant_id = $1
        AND ($2::date IS NULL OR date >= $2)
        AND ($3::date IS NULL OR date <= $3)
        AND ($4::text IS NULL OR currency = $4)
    UNION ALL
    SELECT r.date, r.currency, r.per_usd_nanos, false
    FROM reference_rates r
    WHERE ($2::date IS NULL OR r.date >= $2)
        AND ($3::date IS NULL OR r.date <= $3)
        AND ($4::text IS NULL OR r.currency = $4)
        AND NOT EXISTS (
            SELECT FROM fx_rates o WHERE o.tenant_id = $1 AND o.date = r.date AND o.currency = r.currency
        )
) r
ORDER BY date DESC, currency
LIMIT $5 OFFSET $6
