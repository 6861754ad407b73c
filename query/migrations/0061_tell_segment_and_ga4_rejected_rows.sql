-- Refused events in the wire formats of Segment and of Google Analytics' Measurement Protocol.
ALTER TABLE rejected_rows {on_cluster}
    MODIFY COLUMN IF EXISTS dialect Enum8('unknown' = 0, 'meta' = 1, 'tiktok' = 2, 'pinterest' = 3, 'segment' = 4, 'ga4' = 5) DEFAULT if(kind = 'ad_report', 'unknown', 'meta')
