DELETE FROM sign_in_failures
WHERE counted_for = (SELECT email_lookup FROM users WHERE tenant_id = $1 AND id = $2)
