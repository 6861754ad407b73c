DELETE FROM reset_tokens WHERE expires_at < $1
