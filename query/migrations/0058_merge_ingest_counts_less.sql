-- As match_quality.
ALTER TABLE ingest_counts {on_cluster}
    MODIFY SETTING min_parts_to_merge_at_once = 10, ratio_of_defaults_for_sparse_serialization = 1
