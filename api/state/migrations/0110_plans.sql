-- Saved budget plans: the planned spend and expected revenue of each campaign over a window, as they were answered, to
-- be compared with what happened.
CREATE TABLE plans (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    name text NOT NULL,
    date_from date NOT NULL,
    date_to date NOT NULL,
    currency text NOT NULL,
    model_version text NOT NULL,
    content jsonb NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE INDEX ON plans (tenant_id, created_at);

CALL isolate('plans');
GRANT SELECT, INSERT, DELETE ON plans TO stratum_app;
