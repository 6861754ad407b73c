UPDATE pull_runs
SET place = $4, days_asked = $5, days_done = $6, rows_taken = rows_taken + $7, rows_rejected = rows_rejected + $8,
    failures = 0, lease_until = $11, closed_accounts = $12,
    faults = jsonb_path_query_array(faults || $13, '$[0 to 19]'),
    error_code = coalesce($9, CASE error_code WHEN 'partial' THEN error_code END),
    error_message = coalesce($10, CASE error_code WHEN 'partial' THEN error_message END)
WHERE tenant_id = $1 AND id = $2 AND lease = $3 AND state = 'running'
