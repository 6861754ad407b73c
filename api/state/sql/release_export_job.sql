-- Back into the queue, to be begun anew not before $3.
UPDATE export_jobs
SET state = 'queued', held_until = $3, rows = 0, bytes = 0
WHERE id = $1 AND attempt = $2 AND state = 'running'
