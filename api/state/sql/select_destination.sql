SELECT n.id, n.dataset_id, n.name, n.platform, n.remote_id, n.mode, n.event_names, n.consent, n.test_code,
    n.credential_fields, n.since, n.created_at, n.updated_at, d.external_id,
    h.state AS "state?"
FROM destinations n
JOIN datasets d ON d.id = n.dataset_id
LEFT JOIN delivery_health h ON h.tenant_id = n.tenant_id AND h.destination_id = n.id
WHERE n.tenant_id = $1 AND n.id = $2
