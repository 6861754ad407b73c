-- The engine's version, and its clock in milliseconds since 1970.
SELECT version() AS version, toUnixTimestamp64Milli(now64(3, 'UTC')) AS now_ms
