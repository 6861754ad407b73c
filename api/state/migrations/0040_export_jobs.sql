-- Exports made into files. A job that runs is held by a lease; one whose lease is over is begun anew by
-- whoever comes first, under the next attempt. The file's name holds the attempt, so that two processes
-- never write one file and a row tells which file counts.
CREATE TABLE export_jobs (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    type text NOT NULL,
    format text NOT NULL,
    compression text NOT NULL,
    date_from date NOT NULL,
    date_to date NOT NULL,
    time_zone text NOT NULL,
    platforms text[] NOT NULL,
    columns text[] NOT NULL,
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'expired')),
    attempt integer NOT NULL DEFAULT 0,
    -- While running: whose it is no more after this. While queued: not before this.
    held_until timestamptz,
    rows_expected bigint NOT NULL DEFAULT 0,
    rows bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    sha256 bytea CHECK (octet_length(sha256) = 32),
    error text,
    asked_by_kind text NOT NULL,
    asked_by_id text NOT NULL,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    expires_at timestamptz
);

CREATE INDEX ON export_jobs (tenant_id, created_at);
CREATE INDEX ON export_jobs (created_at) WHERE state IN ('queued', 'running');

CALL isolate('export_jobs');
GRANT SELECT, INSERT, UPDATE ON export_jobs TO stratum_app;
GRANT SELECT, UPDATE, DELETE ON export_jobs TO stratum_system;
