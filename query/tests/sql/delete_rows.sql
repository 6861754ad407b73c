ALTER TABLE $database.$table DELETE WHERE 1 SETTINGS mutations_sync = 2
