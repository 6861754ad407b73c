DELETE FROM pending_registrations WHERE token_sha256 = $1 AND expires_at > $2
