-- As match_quality, without its rule of merging.
ALTER TABLE ad_report_splits {on_cluster}
    MODIFY SETTING min_rows_to_fsync_after_merge = 1
