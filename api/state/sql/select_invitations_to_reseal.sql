SELECT id, email_sealed
FROM invitations
WHERE tenant_id = $1 AND substring(email_sealed FOR octet_length($2::bytea)) <> $2
ORDER BY id
LIMIT $3
FOR UPDATE
