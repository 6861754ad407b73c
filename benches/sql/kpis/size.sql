-- Rows and bytes on disk of each table.
SELECT name, total_rows, total_bytes
FROM system.tables
WHERE database = currentDatabase() AND name IN ('events', 'event_metrics', 'ad_reports')
ORDER BY name
FORMAT TSV
