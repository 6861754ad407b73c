-- Trained models, newest first in use; older ones stay readable. `content` carries its own hash.
CREATE TABLE model_artifacts (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    version text NOT NULL,
    model text NOT NULL,
    data_from date,
    data_to date NOT NULL,
    content bytea NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX model_artifacts_newest ON model_artifacts (tenant_id, created_at DESC, id DESC);

CALL isolate('model_artifacts');
GRANT SELECT, INSERT, DELETE ON model_artifacts TO stratum_app;
