-- E-mail and name are sealed by the program (PII_ENCRYPTION_KEY); the e-mail is found by a keyed hash.
CREATE TABLE users (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    email_lookup bytea NOT NULL UNIQUE CHECK (octet_length(email_lookup) = 32),
    email_sealed bytea NOT NULL,
    full_name_sealed bytea NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('admin', 'manager', 'analyst', 'viewer')),
    locale text NOT NULL DEFAULT 'en',
    active boolean NOT NULL DEFAULT true,
    last_login_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (tenant_id, id)
);

-- One row a sign-in; a family is what a sign-in's later tokens belong to.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL,
    user_id uuid NOT NULL,
    family uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX sessions_by_family ON sessions (family);
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
