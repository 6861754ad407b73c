UPDATE reference_rate_source
SET next_at = $1, failures = failures + 1, error = $2
