ALTER TABLE $database.$table MODIFY SETTING non_replicated_deduplication_window = 0;
ALTER TABLE $database.$table MODIFY SETTING non_replicated_deduplication_window = 10000
