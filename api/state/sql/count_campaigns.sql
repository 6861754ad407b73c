SELECT count(*) AS "campaigns!"
FROM campaigns
WHERE tenant_id = $1 AND deleted_at IS NULL
