SELECT DISTINCT ON (d.id) d.id, d.tenant_id, d.platform, d.external_id, d.event_name, c.version, c.default_calling_code,
    c.policy
FROM datasets d
JOIN tracking_configs c ON c.tenant_id = d.tenant_id AND c.dataset_id = d.id
WHERE d.archived_at IS NULL
ORDER BY d.id, c.version DESC
