-- The rest of what is known of a user. The phone number is sealed like the e-mail address.
ALTER TABLE users ADD COLUMN phone_sealed bytea;
ALTER TABLE users ADD COLUMN time_zone text;
CREATE INDEX users_by_tenant ON users (tenant_id, created_at, id);

-- Whether an address is somebody's, of whatever tenant: row-level security hides those of others, and
-- while keys are rotated the unique index sees only addresses hashed with the same key.
CREATE FUNCTION email_is_known(lookups bytea[]) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT EXISTS (SELECT FROM users WHERE email_lookup = ANY (lookups)) $$;

-- Somebody asked to join. Open while neither accepted nor withdrawn nor expired; the token is mailed
-- and known by its SHA-256 alone.
CREATE TABLE invitations (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    email_lookup bytea NOT NULL CHECK (octet_length(email_lookup) = 32),
    email_sealed bytea NOT NULL,
    role text NOT NULL CHECK (role IN ('admin', 'manager', 'analyst', 'viewer')),
    token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
    invited_by uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    withdrawn_at timestamptz,
    FOREIGN KEY (tenant_id, invited_by) REFERENCES users (tenant_id, id)
);
CREATE INDEX invitations_by_tenant ON invitations (tenant_id, created_at, id);

CALL isolate('invitations');
GRANT SELECT, INSERT, UPDATE, DELETE ON invitations TO stratum_app;
GRANT SELECT ON invitations TO stratum_system;
