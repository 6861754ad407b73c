-- Runs of one-click fixes: what was changed in which version of a dataset's tracking configuration, and what it has
-- brought so far. A run that changed nothing (its fix is somebody's work) has no version.
CREATE TABLE fix_runs (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    dataset_id uuid NOT NULL,
    issue text NOT NULL,
    state text NOT NULL CHECK (
        state IN ('queued', 'applying', 'observing', 'succeeded', 'no_effect', 'failed', 'rolled_back')
    ),
    -- Why it ended as it did.
    ended_for text,
    idempotency_key text CHECK (char_length(idempotency_key) BETWEEN 1 AND 100),
    version_before integer NOT NULL,
    version_applied integer,
    policy_before jsonb NOT NULL,
    policy_applied jsonb NOT NULL,
    preview jsonb NOT NULL,
    measured jsonb,
    created_by uuid,
    created_at timestamptz NOT NULL,
    looked_at timestamptz,
    ended_at timestamptz,
    FOREIGN KEY (tenant_id, dataset_id) REFERENCES datasets (tenant_id, id),
    UNIQUE (tenant_id, idempotency_key),
    CHECK ((state IN ('queued', 'applying', 'observing')) = (ended_at IS NULL))
);
CREATE UNIQUE INDEX fix_runs_one_open ON fix_runs (dataset_id, issue) WHERE ended_at IS NULL;
CREATE INDEX fix_runs_by_time ON fix_runs (tenant_id, created_at);

CALL isolate('fix_runs');
GRANT SELECT, INSERT, UPDATE ON fix_runs TO stratum_app;
GRANT SELECT ON fix_runs TO stratum_system;
