-- Addresses that fetch the file of an export once, for those who cannot send a header: known by their SHA-256 alone.
CREATE TABLE export_links (
    sha256 bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    export_id uuid NOT NULL,
    user_id uuid NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX export_links_by_time ON export_links (expires_at);

CALL isolate('export_links');
GRANT INSERT ON export_links TO stratum_app;
GRANT SELECT, DELETE ON export_links TO stratum_system;
