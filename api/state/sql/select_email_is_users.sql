SELECT EXISTS (SELECT FROM users WHERE tenant_id = $1 AND email_lookup = ANY ($2)) AS "known!"
