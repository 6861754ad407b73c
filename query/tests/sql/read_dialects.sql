SELECT concat(toString(platform), ' ', toString(dialect))
FROM $database.$table
ORDER BY platform
FORMAT TSVRaw
