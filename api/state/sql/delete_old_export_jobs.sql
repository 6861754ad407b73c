DELETE FROM export_jobs WHERE state IN ('failed', 'cancelled', 'expired') AND created_at < $1
