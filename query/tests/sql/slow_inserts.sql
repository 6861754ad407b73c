CREATE MATERIALIZED VIEW $database.slow ENGINE = Null AS
SELECT sleepEachRow(0.3) AS slept FROM $database.$table
