DELETE FROM sign_in_failures
WHERE email_lookup = (SELECT email_lookup FROM users WHERE tenant_id = $1 AND id = $2)
