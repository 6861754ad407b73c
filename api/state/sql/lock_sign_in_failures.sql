SELECT locked_until FROM sign_in_failures WHERE counted_for = $1 FOR UPDATE
