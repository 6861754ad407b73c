-- The wire format that refused rows came in, unknown for ad reports. Every event that was there before came in
-- Meta's.
ALTER TABLE rejected_rows {on_cluster}
    ADD COLUMN IF NOT EXISTS dialect Enum8('unknown' = 0, 'meta' = 1) DEFAULT if(kind = 'ad_report', 'unknown', 'meta') AFTER tenant_id
