SELECT count(), countDistinct(number) FROM $database.schema_migrations FINAL FORMAT TSVRaw
