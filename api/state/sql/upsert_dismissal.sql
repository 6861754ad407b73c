INSERT INTO dismissals (tenant_id, concern, reason, dismissed_by, dismissed_at, until)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, concern) DO UPDATE
SET reason = excluded.reason, dismissed_by = excluded.dismissed_by, dismissed_at = excluded.dismissed_at,
    until = excluded.until
