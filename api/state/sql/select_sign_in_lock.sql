SELECT locked_until AS "locked_until!" FROM sign_in_failures WHERE counted_for = $1 AND locked_until > $2
