SELECT count(*) AS "accounts!"
FROM ad_accounts
WHERE tenant_id = $1
