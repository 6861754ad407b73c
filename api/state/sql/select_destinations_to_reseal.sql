SELECT id, credentials_sealed AS "credentials_sealed!"
FROM destinations
WHERE tenant_id = $1 AND substring(credentials_sealed FOR octet_length($2::bytea)) <> $2
ORDER BY id
LIMIT $3
FOR UPDATE
