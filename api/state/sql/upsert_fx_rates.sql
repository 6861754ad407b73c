INSERT INTO fx_rates (tenant_id, date, currency, per_usd_nanos, updated_at)
SELECT $1, r.date, r.currency, r.per_usd_nanos, $5
FROM unnest($2::date[], $3::text[], $4::bigint[]) AS r (date, currency, per_usd_nanos)
ORDER BY r.date, r.currency
ON CONFLICT (tenant_id, date, currency)
DO UPDATE SET per_usd_nanos = EXCLUDED.per_usd_nanos, updated_at = EXCLUDED.updated_at
