INSERT INTO $database.rejected_rows (tenant_id, platform, dataset_id, kind, reason, received_at)
SELECT 7, arrayJoin(['meta', 'unknown']) AS platform, '123', if(platform = 'meta', 'event', 'ad_report'), 'too_old', now64(3)
