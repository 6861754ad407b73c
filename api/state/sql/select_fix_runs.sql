SELECT r.id, r.dataset_id, d.external_id, d.platform, d.name AS dataset_name, r.issue, r.state, r.ended_for,
    r.idempotency_key, r.version_before, r.version_applied, r.policy_before, r.policy_applied, r.preview, r.measured,
    r.created_by, r.created_at, r.looked_at, r.ended_at
FROM fix_runs r
JOIN datasets d ON d.tenant_id = r.tenant_id AND d.id = r.dataset_id
WHERE r.tenant_id = $1
    AND ($2::uuid IS NULL OR r.id = $2)
ORDER BY r.created_at DESC, r.id DESC
LIMIT $3 OFFSET $4
