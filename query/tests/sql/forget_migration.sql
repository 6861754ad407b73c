ALTER TABLE $database.schema_migrations DELETE WHERE number >= $number SETTINGS mutations_sync = 2
