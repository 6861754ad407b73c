INSERT INTO recovery_codes (tenant_id, user_id, sha256)
SELECT $1, $2, code FROM unnest($3::bytea[]) AS code
