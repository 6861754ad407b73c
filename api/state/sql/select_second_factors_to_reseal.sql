SELECT user_id, secret_sealed
FROM second_factors
WHERE tenant_id = $1 AND substring(secret_sealed FOR octet_length($2::bytea)) <> $2
ORDER BY user_id
LIMIT $3
FOR UPDATE
