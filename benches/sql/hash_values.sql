SELECT sum(ignore(if(length(value) = 64 AND match(value, '^[0-9a-f]{64}$'), unhex(value), SHA256(lower(trimBoth(value))))))
FROM stratum.identifier_values
SETTINGS max_threads = 1
