-- A row stands for all rows that were refused alike in one request; one that was there before stands for
-- itself. A platform that is not known has a name of its own, and a field may be refused without its row.
ALTER TABLE rejected_rows {on_cluster}
    ADD COLUMN IF NOT EXISTS row_count UInt64 DEFAULT 1 AFTER field,
    MODIFY COLUMN platform Enum8('unknown' = 0, 'meta' = 1, 'google' = 2, 'tiktok' = 3, 'snapchat' = 4, 'linkedin' = 5, 'pinterest' = 6),
    MODIFY COLUMN kind Enum8('event' = 1, 'ad_report' = 2, 'field' = 3),
    MODIFY COLUMN reason Enum8('malformed_body' = 1, 'missing_field' = 2, 'wrong_type' = 3, 'invalid_value' = 4, 'too_old' = 5, 'in_future' = 6, 'missing_purchase_value' = 7, 'invalid_currency' = 8, 'insufficient_identifiers' = 9, 'too_many_rows' = 10, 'too_long' = 11, 'batch_rejected' = 12, 'empty_batch' = 13, 'unreadable_record' = 14, 'missing_currency' = 15)
