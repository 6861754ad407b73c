INSERT INTO delivery_health (destination_id, tenant_id, state, code, message, retry_at, since)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (destination_id) DO UPDATE
SET state = excluded.state, code = excluded.code, message = excluded.message, retry_at = excluded.retry_at,
    since = CASE WHEN delivery_health.state = excluded.state THEN delivery_health.since ELSE excluded.since END
