-- A rule that was changed meanwhile is due by its change.
UPDATE rules
SET due_at = $2
WHERE id = ANY ($1) AND due_at <= $3
