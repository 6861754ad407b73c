-- How to reach an ad platform's API. Credentials are sealed by the program (PII_ENCRYPTION_KEY); their
-- field names stand beside them, so that no answer needs to open them.
CREATE TABLE connectors (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    platform text NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    account_ids text[] NOT NULL DEFAULT '{}',
    credentials_sealed bytea,
    credential_fields text[] NOT NULL DEFAULT '{}',
    schedule text NOT NULL CHECK (schedule IN ('manual', 'hourly', 'every_6_hours', 'daily')),
    enabled boolean NOT NULL DEFAULT true,
    status text NOT NULL DEFAULT 'unverified' CHECK (status IN ('unverified')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (tenant_id, platform, name)
);

CALL isolate('connectors');
GRANT SELECT, INSERT, UPDATE, DELETE ON connectors TO stratum_app;
