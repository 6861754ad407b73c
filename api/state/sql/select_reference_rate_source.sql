SELECT fetched_at, newest_day, error
FROM reference_rate_source
