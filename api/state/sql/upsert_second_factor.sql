-- One that counts stays as it is.
INSERT INTO second_factors AS f (tenant_id, user_id, secret_sealed, created_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, user_id) DO UPDATE SET secret_sealed = $3, last_step = 0, created_at = $4
WHERE f.confirmed_at IS NULL
