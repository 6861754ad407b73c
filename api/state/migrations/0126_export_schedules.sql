-- Exports that are made again and again, each of the complete days before it.
CREATE TABLE export_schedules (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    repeat text NOT NULL CHECK (repeat IN ('daily', 'weekly', 'monthly')),
    of text NOT NULL,
    format text NOT NULL,
    compression text NOT NULL,
    platforms text [] NOT NULL,
    columns text [] NOT NULL,
    enabled boolean NOT NULL,
    next_at timestamptz NOT NULL,
    -- The last export it made.
    export_id uuid,
    created_at timestamptz NOT NULL,
    UNIQUE (tenant_id, name)
);
CREATE INDEX export_schedules_due ON export_schedules (next_at) WHERE enabled;

CALL isolate('export_schedules');
GRANT SELECT, INSERT, UPDATE, DELETE ON export_schedules TO stratum_app;
GRANT SELECT, UPDATE ON export_schedules TO stratum_system;
