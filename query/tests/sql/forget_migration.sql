ALTER TABLE $database.schema_migrations DELETE WHERE number >= $number AND number < $until SETTINGS mutations_sync = 2
