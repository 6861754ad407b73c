INSERT INTO pending_registrations (id, token_sha256, content_sealed, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5)
