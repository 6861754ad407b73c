-- What was merged is synced before its parts are removed, or a machine that goes down loses answered rows.
-- And ten parts stay ten: the engine's rule would drop the small ones again and write the large one anew
-- for each insert.
ALTER TABLE match_quality {on_cluster}
    MODIFY SETTING min_rows_to_fsync_after_merge = 1, merge_selector_enable_heuristic_to_remove_small_parts_at_right = 0
