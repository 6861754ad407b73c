-- Keys are known by their SHA-256 alone; the hint is the last four characters, to tell them apart.
CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    dataset_id uuid,
    name text NOT NULL,
    sha256 bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    hint text NOT NULL,
    scope text NOT NULL CHECK (scope IN ('ingest', 'read', 'export')),
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz,
    FOREIGN KEY (tenant_id, dataset_id) REFERENCES datasets (tenant_id, id)
);
CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id, created_at);
