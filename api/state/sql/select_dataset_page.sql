SELECT d.id, d.platform, d.external_id, d.name, d.event_name, d.created_at, d.archived_at, c.version AS "version!",
    c.default_calling_code AS "default_calling_code?", c.policy AS "policy!", c.created_by AS "changed_by?",
    c.created_at AS "changed_at!"
FROM datasets d
JOIN LATERAL (
    SELECT version, default_calling_code, policy, created_by, created_at
    FROM tracking_configs
    WHERE tenant_id = d.tenant_id AND dataset_id = d.id
    ORDER BY version DESC
    LIMIT 1
) c ON true
WHERE d.tenant_id = $1 AND ($2::uuid IS NULL OR d.id = $2)
ORDER BY d.created_at, d.id
LIMIT $3 OFFSET $4
