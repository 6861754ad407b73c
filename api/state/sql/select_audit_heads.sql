SELECT chains.tenant_id AS "tenant_id!", t.slug AS "slug?", h.seq AS "seq?", h.hash AS "hash?"
FROM (
    SELECT tenant_id FROM audit_heads
    UNION
    SELECT id FROM tenants WHERE EXISTS (SELECT FROM audit_log a WHERE a.tenant_id = tenants.id)
) chains
LEFT JOIN audit_heads h ON h.tenant_id = chains.tenant_id
LEFT JOIN tenants t ON t.id = chains.tenant_id
ORDER BY chains.tenant_id
