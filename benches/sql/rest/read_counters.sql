-- What the engine has done since it was started.
SELECT event, value
FROM system.events
WHERE event IN ('InsertQuery', 'SelectQuery', 'FileSync', 'DirectorySync', 'MergedRows')
FORMAT TSV
