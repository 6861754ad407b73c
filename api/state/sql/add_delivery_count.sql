INSERT INTO delivery_counts (
    tenant_id, destination_id, hour, event_name, outcome, code, events, tries, latency
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (destination_id, hour, event_name, outcome, code) DO UPDATE
SET events = delivery_counts.events + excluded.events, tries = delivery_counts.tries + excluded.tries,
    latency = ARRAY(
        SELECT coalesce(u.known, 0) + coalesce(u.added, 0)
        FROM unnest(delivery_counts.latency, excluded.latency) WITH ORDINALITY AS u (known, added, place)
        ORDER BY u.place
    )
