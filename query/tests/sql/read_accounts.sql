SELECT concat(toString(platform), ' ', account_id, ' ', toString(sum(spend_micros)))
FROM $database.$table FINAL
GROUP BY platform, account_id
ORDER BY platform, account_id
FORMAT TSVRaw
