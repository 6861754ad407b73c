-- Addresses of the page under a name: a user's own, or shown to everybody of the tenant.
CREATE TABLE views (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    user_id uuid NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    path text NOT NULL CHECK (char_length(path) BETWEEN 1 AND 2000),
    is_shared boolean NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (tenant_id, user_id, name)
);

CALL isolate('views');
GRANT SELECT, INSERT, UPDATE, DELETE ON views TO stratum_app;
