SELECT email_is_known($1) AS "known!"
