-- Refused events in Pinterest's wire format.
ALTER TABLE rejected_rows {on_cluster}
    MODIFY COLUMN IF EXISTS dialect Enum8('unknown' = 0, 'meta' = 1, 'tiktok' = 2, 'pinterest' = 3) DEFAULT if(kind = 'ad_report', 'unknown', 'meta')
