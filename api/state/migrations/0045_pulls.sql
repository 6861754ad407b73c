-- Connectors are asked: what is known of each, what was asked, and what platforms say of ad accounts.
ALTER TABLE connectors DROP CONSTRAINT connectors_status_check;
ALTER TABLE connectors
    ADD CONSTRAINT connectors_status_check
    CHECK (status IN ('unverified', 'working', 'throttled', 'failing', 'needs_credentials'));
ALTER TABLE connectors ADD COLUMN settings jsonb NOT NULL DEFAULT '{}';
ALTER TABLE connectors ADD COLUMN last_success_at timestamptz;
-- The last day of the last pull that went well.
ALTER TABLE connectors ADD COLUMN pulled_to date;
ALTER TABLE connectors ADD COLUMN next_run_at timestamptz;
ALTER TABLE connectors ADD COLUMN last_error text;
ALTER TABLE connectors ADD CONSTRAINT connectors_of_tenant UNIQUE (tenant_id, id);
CREATE INDEX connectors_due ON connectors (next_run_at) WHERE enabled;

-- One asking of a platform for a range of days. `place` is where it goes on: the account, the window, the
-- level and the platform's mark, never a secret. A process that works at it holds the lease and renews it.
CREATE TABLE pull_runs (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    connector_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('scheduled', 'manual', 'backfill')),
    state text NOT NULL CHECK (state IN ('queued', 'running', 'waiting', 'done', 'failed', 'cancelled')),
    date_from date NOT NULL,
    date_to date NOT NULL CHECK (date_to >= date_from),
    days_asked integer NOT NULL DEFAULT 0,
    days_done integer NOT NULL DEFAULT 0,
    rows_taken bigint NOT NULL DEFAULT 0,
    rows_rejected bigint NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    place jsonb,
    error_code text,
    error_message text,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    not_before timestamptz,
    lease uuid,
    lease_until timestamptz,
    FOREIGN KEY (tenant_id, connector_id) REFERENCES connectors (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX pull_runs_by_connector ON pull_runs (tenant_id, connector_id, id DESC);
CREATE INDEX pull_runs_open ON pull_runs (connector_id, id) WHERE state IN ('queued', 'running', 'waiting');
CREATE UNIQUE INDEX pull_runs_one_at_a_time ON pull_runs (connector_id) WHERE state = 'running';

CREATE TABLE ad_accounts (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    platform text NOT NULL,
    account_id text NOT NULL,
    name text NOT NULL,
    currency text NOT NULL,
    time_zone text NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, platform, account_id)
);

CALL isolate('pull_runs');
CALL isolate('ad_accounts');
GRANT SELECT, INSERT, UPDATE, DELETE ON pull_runs TO stratum_app;
GRANT SELECT, INSERT, UPDATE ON ad_accounts TO stratum_app;
GRANT SELECT ON connectors TO stratum_system;
GRANT SELECT, UPDATE ON pull_runs TO stratum_system;
