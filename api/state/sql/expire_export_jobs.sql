UPDATE export_jobs SET state = 'expired' WHERE state = 'done' AND expires_at <= $1
