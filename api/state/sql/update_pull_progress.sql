UPDATE pull_runs
SET days_asked = $3, days_done = $4, rows_taken = rows_taken + $5, rows_rejected = rows_rejected + $6,
    closed_accounts = $9, faults = jsonb_path_query_array(faults || $10, '$[0 to 19]'),
    error_code = coalesce($7, CASE error_code WHEN 'partial' THEN error_code END),
    error_message = coalesce($8, CASE error_code WHEN 'partial' THEN error_message END)
WHERE tenant_id = $1 AND id = $2 AND state = 'running'
