-- Claims took their place.
DROP TABLE IF EXISTS commit_plans {on_cluster} SYNC
