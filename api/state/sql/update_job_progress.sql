-- With $5 the job has come further, so that its failures count from here.
UPDATE jobs
SET progress = $3, lease_until = $4, failures = CASE WHEN $5 THEN 0 ELSE failures END,
    progressed_at = CASE WHEN $5 THEN $6 ELSE progressed_at END
WHERE id = $1 AND lease = $2 AND state = 'running'
