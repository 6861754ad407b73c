INSERT INTO reference_rates (date, currency, per_usd_nanos)
SELECT r.date, r.currency, r.per_usd_nanos
FROM unnest($1::date[], $2::text[], $3::bigint[]) AS r (date, currency, per_usd_nanos)
ORDER BY r.date, r.currency
ON CONFLICT (date, currency) DO UPDATE SET per_usd_nanos = EXCLUDED.per_usd_nanos
WHERE reference_rates.per_usd_nanos <> EXCLUDED.per_usd_nanos
