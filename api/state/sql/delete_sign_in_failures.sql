DELETE FROM sign_in_failures WHERE counted_for = $1
