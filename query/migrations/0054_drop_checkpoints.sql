-- They stand among the versions.
DROP TABLE IF EXISTS checkpoints {on_cluster} SYNC
