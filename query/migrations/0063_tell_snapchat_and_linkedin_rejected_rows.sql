-- Refused events in the wire formats of Snapchat and LinkedIn.
ALTER TABLE rejected_rows {on_cluster}
    MODIFY COLUMN IF EXISTS dialect Enum8('unknown' = 0, 'meta' = 1, 'tiktok' = 2, 'pinterest' = 3, 'segment' = 4, 'ga4' = 5, 'snapchat' = 6, 'linkedin' = 7) DEFAULT if(kind = 'ad_report', 'unknown', 'meta')
