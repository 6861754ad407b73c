SELECT (SELECT count(*) FROM users WHERE tenant_id = $1 AND active)
    + (
        SELECT count(*) FROM invitations
        WHERE tenant_id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > $2
    ) AS "places!"
