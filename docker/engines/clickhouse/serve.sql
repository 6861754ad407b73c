SYSTEM START LISTEN HTTP;
SELECT count() FROM file('-', LineAsString) FORMAT Null
