-- The rows that 0032 brought under the one id of their account, under their other ids.
ALTER TABLE ad_report_splits {on_cluster}
DELETE WHERE (platform = 'meta' AND match(toString(account_id), '^(?i:act_)[0-9]+$'))
    OR (platform = 'google' AND match(toString(account_id), '^[0-9]+(-[0-9]+)+$'))
    OR (platform = 'linkedin' AND match(toString(account_id), '^(?i:urn:li:sponsoredaccount:)[0-9]+$'))
SETTINGS mutations_sync = 2
