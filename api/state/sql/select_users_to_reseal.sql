SELECT id, email_sealed, full_name_sealed, phone_sealed
FROM users
WHERE tenant_id = $1
    AND (
        substring(email_sealed FOR octet_length($2::bytea)) <> $2
        OR substring(full_name_sealed FOR octet_length($2::bytea)) <> $2
        OR substring(phone_sealed FOR octet_length($2::bytea)) <> $2
    )
ORDER BY id
LIMIT $3
FOR UPDATE
