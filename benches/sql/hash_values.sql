SELECT sum(ignore(SHA256(lower(trimBoth(value)))))
FROM stratum.identifier_values
SETTINGS max_threads = 1
