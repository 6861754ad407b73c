OPTIMIZE TABLE ad_reports FINAL SETTINGS optimize_skip_merged_partitions = 1
