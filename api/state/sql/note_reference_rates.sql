UPDATE reference_rate_source
SET fetched_at = $1, newest_day = greatest(newest_day, $2), failures = 0, error = NULL
