UPDATE destinations
SET name = $3, remote_id = $4, mode = $5, event_names = $6, consent = $7, test_code = $8, credentials_sealed = $9,
    credential_fields = $10, updated_at = $11,
    since = CASE WHEN mode = 'off' AND $5::text <> 'off' THEN $11 ELSE since END
WHERE tenant_id = $1 AND id = $2
