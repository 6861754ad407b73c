SELECT tenant_id, seq, at, actor_kind, actor_id, action, object_kind, object_id, outcome,
    changes::text AS "changes!", request_id, previous_hash, hash
FROM audit_log
WHERE tenant_id = $1 AND action = $2
ORDER BY seq DESC
LIMIT 1
