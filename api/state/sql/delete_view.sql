-- Its owner's, or a shared one for who may change the tenant.
DELETE FROM views
WHERE tenant_id = $1 AND id = $2 AND (user_id = $3 OR ($4::boolean AND is_shared))
