-- When the next job of a kind may be worked at that may not be yet.
SELECT min(CASE state WHEN 'queued' THEN not_before ELSE lease_until END) AS next_at
FROM jobs
WHERE kind = $1 AND state IN ('queued', 'running')
    AND CASE state WHEN 'queued' THEN not_before ELSE lease_until END > $2
