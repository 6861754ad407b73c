-- What erased persons were known by, sealed as in the log and the warehouse: what is read out of the log
-- once more must not bring them back. Kept as long as anything is that might.
CREATE TABLE erasures (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    seal bytea NOT NULL CHECK (octet_length(seal) = 48),
    key smallint NOT NULL,
    erased_at timestamptz NOT NULL,
    -- Done once more since, for what was on its way when it was asked for.
    settled_at timestamptz,
    PRIMARY KEY (tenant_id, key, seal)
);
CREATE INDEX erasures_by_time ON erasures (erased_at);
CREATE INDEX erasures_unsettled ON erasures (tenant_id) WHERE settled_at IS NULL;

CALL isolate('erasures');
GRANT SELECT, INSERT, UPDATE ON erasures TO stratum_app;
GRANT SELECT, UPDATE, DELETE ON erasures TO stratum_system;
