SELECT n.id, n.tenant_id, n.dataset_id, n.platform, n.remote_id, n.mode, n.event_names, n.consent, n.test_code,
    n.credentials_sealed, n.since, d.platform AS dataset_platform, d.external_id
FROM destinations n
JOIN datasets d ON d.id = n.dataset_id
WHERE n.mode <> 'off'
ORDER BY n.id
