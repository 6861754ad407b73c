-- Small parts are merged many at a time: with each of them the large part beside would be written anew.
-- And a part needs one file less to be synced when it tells nothing of sparse columns.
ALTER TABLE match_quality {on_cluster}
    MODIFY SETTING min_parts_to_merge_at_once = 10, ratio_of_defaults_for_sparse_serialization = 1
