SELECT secret_sealed, last_step, confirmed_at IS NOT NULL AS "confirmed!"
FROM second_factors
WHERE tenant_id = $1 AND user_id = $2
FOR UPDATE
