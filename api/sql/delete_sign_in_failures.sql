DELETE FROM sign_in_failures WHERE email_lookup = $1
