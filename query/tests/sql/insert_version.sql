INSERT INTO $database.data_versions
SELECT $tenant, 'events/' || toString(number), number
FROM numbers($rows)
