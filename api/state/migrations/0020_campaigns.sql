-- Campaigns, made by users or adopted from ad reports. One that was deleted is only marked: a later
-- report must not bring it back. name_folded is the name in lower case, made by the program: the
-- engine's own lower() knows ASCII alone in the collation C.
CREATE TABLE campaigns (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    platform text NOT NULL,
    external_id text CHECK (char_length(external_id) BETWEEN 1 AND 512),
    account_id text CHECK (char_length(account_id) BETWEEN 1 AND 512),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 500),
    name_folded text NOT NULL,
    status text NOT NULL CHECK (status IN ('draft', 'active', 'paused', 'completed', 'archived')),
    objective text,
    daily_budget_micros bigint CHECK (daily_budget_micros >= 0),
    lifetime_budget_micros bigint CHECK (lifetime_budget_micros >= 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    start_date date,
    end_date date,
    targeting jsonb NOT NULL DEFAULT '{}',
    labels text[] NOT NULL DEFAULT '{}',
    last_synced_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    UNIQUE (tenant_id, id),
    CHECK (end_date >= start_date)
);
CREATE UNIQUE INDEX campaigns_living ON campaigns (tenant_id, platform, external_id) WHERE deleted_at IS NULL;
CREATE INDEX campaigns_by_key ON campaigns (tenant_id, platform, external_id);
CREATE INDEX campaigns_by_age ON campaigns (tenant_id, created_at, id) WHERE deleted_at IS NULL;

CALL isolate('campaigns');
GRANT SELECT, INSERT, UPDATE ON campaigns TO stratum_app;
