SELECT id, input_sealed AS "input_sealed!"
FROM jobs
WHERE tenant_id = $1 AND substring(input_sealed FOR octet_length($2::bytea)) <> $2
ORDER BY id
LIMIT $3
FOR UPDATE
