SELECT locked_until FROM sign_in_failures WHERE email_lookup = $1 FOR UPDATE
