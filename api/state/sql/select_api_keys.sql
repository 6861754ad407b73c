SELECT k.id, k.name, k.hint, k.scope, k.created_at, k.last_used_at, k.expires_at, k.revoked_at,
    d.external_id AS "dataset?", d.platform AS "platform?"
FROM api_keys k
LEFT JOIN datasets d ON d.tenant_id = k.tenant_id AND d.id = k.dataset_id
WHERE k.tenant_id = $1
ORDER BY k.created_at, k.id
