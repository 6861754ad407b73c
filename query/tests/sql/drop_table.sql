DROP TABLE $database.$table SYNC
