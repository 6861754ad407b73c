SELECT number FROM schema_migrations FINAL ORDER BY number
