-- As match_quality.
ALTER TABLE data_versions {on_cluster}
    MODIFY SETTING min_rows_to_fsync_after_merge = 1, merge_selector_enable_heuristic_to_remove_small_parts_at_right = 0
