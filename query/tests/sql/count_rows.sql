SELECT count() FROM $database.$table
