-- Work that is done beside requests, of every kind. A job is queued in the transaction of what causes it; whoever
-- works at it holds a lease, renews it, and writes what it has done only while it holds. `tenant_id` is 0 where a job
-- belongs to no tenant. `input_sealed` holds what must not rest in clear, and goes when the job ends.
CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL,
    kind text NOT NULL,
    -- The object that it is about: of a tenant, kind and key one job runs at a time, and one of them is open where
    -- it says `once`.
    key text NOT NULL,
    once boolean NOT NULL,
    -- Of a tenant's jobs of a kind the smaller goes first.
    priority smallint NOT NULL,
    input jsonb NOT NULL,
    input_sealed bytea,
    state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    -- How often it was claimed.
    attempt integer NOT NULL DEFAULT 0,
    -- How often it failed, or its process ended, since it made progress last.
    failures integer NOT NULL DEFAULT 0,
    lease uuid,
    lease_until timestamptz,
    not_before timestamptz NOT NULL,
    progress jsonb,
    progressed_at timestamptz NOT NULL,
    error text,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK ((state = 'running') = (lease IS NOT NULL) AND (lease IS NULL) = (lease_until IS NULL)),
    CHECK ((state IN ('queued', 'running')) = (ended_at IS NULL))
);
CREATE INDEX jobs_open ON jobs (kind, tenant_id, priority, id) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE UNIQUE INDEX jobs_one_running_of_a_key ON jobs (kind, tenant_id, key) WHERE state = 'running';
CREATE UNIQUE INDEX jobs_one_open_of_a_key ON jobs (kind, tenant_id, key)
    WHERE once AND state IN ('queued', 'running');

-- When a tenant's job of a kind was claimed last, as a number that grows: the smallest is next. One row a tenant and
-- kind that ever had a job. It is locked by who claims, so that no tenant runs more than its share.
CREATE SEQUENCE job_turn;
CREATE TABLE job_turns (
    tenant_id bigint NOT NULL,
    kind text NOT NULL,
    turn bigint NOT NULL,
    PRIMARY KEY (kind, tenant_id)
);

CALL isolate('jobs');
CALL isolate('job_turns');
GRANT SELECT, INSERT, UPDATE ON jobs TO stratum_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON jobs TO stratum_system;
GRANT SELECT, INSERT ON job_turns TO stratum_app;
GRANT SELECT, INSERT, UPDATE ON job_turns TO stratum_system;
GRANT USAGE ON SEQUENCE job_turn TO stratum_system;
