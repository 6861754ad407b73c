SELECT id, key_sealed
FROM delivery_keys
WHERE tenant_id = $1 AND substring(key_sealed FOR octet_length($2::bytea)) <> $2
ORDER BY id
LIMIT $3
FOR UPDATE
