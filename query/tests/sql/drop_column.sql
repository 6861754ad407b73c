ALTER TABLE $database.$table DROP COLUMN $column
