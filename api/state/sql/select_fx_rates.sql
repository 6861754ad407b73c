-- The rates of each day and currency, a tenant's own before the bank's.
SELECT DISTINCT ON (r.date, r.currency) r.date AS "date!", r.currency AS "currency!", r.per_usd_nanos AS "per_usd_nanos!"
FROM (
    SELECT date, currency, per_usd_nanos, 0 AS place
    FROM fx_rates
    WHERE tenant_id = $1 AND date BETWEEN $2 AND $3 AND currency = ANY($4)
    UNION ALL
    SELECT date, currency, per_usd_nanos, 1
    FROM reference_rates
    WHERE date BETWEEN $2 AND $3 AND currency = ANY($4)
) r
ORDER BY r.date, r.currency, r.place
