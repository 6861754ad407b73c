DELETE FROM pending_registrations WHERE expires_at < $1
