-- What is shown to people. A score of fatigue is given by whoever measures it; none is computed.
CREATE TABLE creative_assets (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    campaign_id uuid,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 500),
    name_folded text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('image', 'video', 'carousel', 'story', 'html5')),
    url text,
    format text,
    size_bytes bigint CHECK (size_bytes >= 0),
    duration_ms bigint CHECK (duration_ms >= 0),
    tags text[] NOT NULL DEFAULT '{}',
    fatigue_score double precision CHECK (fatigue_score BETWEEN 0 AND 100),
    first_used date,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id)
);
CREATE INDEX creative_assets_by_age ON creative_assets (tenant_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX creative_assets_by_campaign ON creative_assets (campaign_id) WHERE deleted_at IS NULL;

CALL isolate('creative_assets');
GRANT SELECT, INSERT, UPDATE ON creative_assets TO stratum_app;
