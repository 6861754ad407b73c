-- Rules over campaigns. `version` counts the contents; `due_at` is when a rule may be looked at next, `data_version`
-- what the warehouse held for the tenant at the last look.
CREATE TABLE rules (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    enabled boolean NOT NULL,
    version integer NOT NULL,
    content jsonb NOT NULL,
    due_at timestamptz NOT NULL,
    evaluated_at timestamptz,
    data_version bigint,
    -- Campaigns at the last look: those of which it is true, false and unknown.
    campaigns_true integer NOT NULL DEFAULT 0,
    campaigns_false integer NOT NULL DEFAULT 0,
    campaigns_unknown integer NOT NULL DEFAULT 0,
    -- Why the last look failed.
    error text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (tenant_id, name),
    UNIQUE (tenant_id, id)
);
CREATE INDEX rules_due ON rules (due_at) WHERE enabled;

-- Every content that a rule has had.
CREATE TABLE rule_versions (
    tenant_id bigint NOT NULL,
    rule_id uuid NOT NULL,
    version integer NOT NULL,
    content jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, rule_id, version),
    FOREIGN KEY (tenant_id, rule_id) REFERENCES rules (tenant_id, id) ON DELETE CASCADE
);

-- A rule's place with each campaign of which it was ever true.
CREATE TABLE rule_episodes (
    tenant_id bigint NOT NULL,
    rule_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    number integer NOT NULL,
    state text NOT NULL CHECK (state IN ('inactive', 'pending', 'firing', 'cooling')),
    since timestamptz,
    acted_at timestamptz,
    PRIMARY KEY (tenant_id, rule_id, campaign_id),
    FOREIGN KEY (tenant_id, rule_id) REFERENCES rules (tenant_id, id) ON DELETE CASCADE
);

-- What rules did. One episode of a version of a rule and a campaign does each of its actions once.
CREATE TABLE rule_executions (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL,
    rule_id uuid NOT NULL,
    rule_version integer NOT NULL,
    campaign_id uuid NOT NULL,
    episode integer NOT NULL,
    -- The place of the action among those of the rule.
    place smallint NOT NULL,
    action jsonb NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('done', 'unchanged', 'refused', 'capped', 'needs_connector')),
    -- The values that were seen, one a comparison of the condition.
    observed jsonb NOT NULL,
    executed_at timestamptz NOT NULL,
    UNIQUE (tenant_id, rule_id, rule_version, campaign_id, episode, place),
    FOREIGN KEY (tenant_id, rule_id) REFERENCES rules (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX rule_executions_by_age ON rule_executions (tenant_id, executed_at, id);
CREATE INDEX rule_executions_ended ON rule_executions (executed_at);

CALL isolate('rules');
CALL isolate('rule_versions');
CALL isolate('rule_episodes');
CALL isolate('rule_executions');
GRANT SELECT, INSERT, UPDATE, DELETE ON rules TO stratum_app;
GRANT SELECT, INSERT ON rule_versions TO stratum_app;
GRANT SELECT, INSERT, UPDATE ON rule_episodes TO stratum_app;
GRANT SELECT, INSERT ON rule_executions TO stratum_app;
GRANT SELECT, UPDATE ON rules TO stratum_system;
GRANT SELECT, DELETE ON rule_executions TO stratum_system;
