-- The inserts that run on any replica; an error when one does not answer.
SELECT query_id
FROM clusterAllReplicas({cluster:String}, system.processes)
WHERE query_kind = 'Insert' AND current_database = {database:String}
