ALTER ROLE app PASSWORD '{password}'
