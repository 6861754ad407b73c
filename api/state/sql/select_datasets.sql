SELECT d.id, d.tenant_id, d.platform, d.external_id, d.name, d.created_at,
    max(c.version) AS "config_version!"
FROM datasets d
JOIN tracking_configs c ON c.tenant_id = d.tenant_id AND c.dataset_id = d.id
WHERE d.tenant_id = $1
GROUP BY d.id
ORDER BY d.created_at, d.id
