UPDATE api_keys
SET last_used_at = $2
WHERE id = ANY ($1)
