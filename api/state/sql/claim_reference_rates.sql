-- Takes the turn to ask; none where it is not due, or another process took it.
UPDATE reference_rate_source
SET next_at = $2
WHERE next_at <= $1
RETURNING newest_day, failures
