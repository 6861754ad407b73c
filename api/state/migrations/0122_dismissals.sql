-- Concerns that somebody has put aside for a while, by the name the program gives them.
CREATE TABLE dismissals (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    concern text NOT NULL CHECK (char_length(concern) BETWEEN 1 AND 300),
    reason text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 500),
    dismissed_by uuid,
    dismissed_at timestamptz NOT NULL,
    until timestamptz NOT NULL CHECK (until > dismissed_at),
    PRIMARY KEY (tenant_id, concern)
);

CALL isolate('dismissals');
GRANT SELECT, INSERT, UPDATE, DELETE ON dismissals TO stratum_app;
