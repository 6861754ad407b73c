SELECT platform, account_id, name, currency, time_zone, updated_at
FROM ad_accounts
WHERE tenant_id = $1
ORDER BY platform, account_id
LIMIT $2 OFFSET $3
