-- Where events of a dataset are handed on to. Credentials are sealed by the program (PII_ENCRYPTION_KEY); their field
-- names stand beside them, so that no answer needs to open them.
CREATE TABLE destinations (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    dataset_id uuid NOT NULL REFERENCES datasets (id),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    platform text NOT NULL,
    remote_id text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('off', 'shadow', 'test', 'live', 'paused')),
    -- Null for every name.
    event_names text[],
    consent text NOT NULL CHECK (consent IN ('as_sent', 'unrestricted_only')),
    test_code text,
    credentials_sealed bytea,
    credential_fields text[] NOT NULL DEFAULT '{}',
    -- Events received from then on are for it: when it was last switched on.
    since timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (tenant_id, name)
);
CREATE INDEX destinations_by_dataset ON destinations (dataset_id) WHERE mode <> 'off';

-- What events are sealed with, one key a dataset and hour, itself sealed. Its deletion is that of all that was
-- sealed with it, wherever it lies.
CREATE TABLE delivery_keys (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    dataset_id uuid NOT NULL REFERENCES datasets (id),
    -- Since 1970.
    hour integer NOT NULL,
    key_sealed bytea NOT NULL,
    UNIQUE (dataset_id, hour)
);
CREATE INDEX delivery_keys_by_hour ON delivery_keys (hour);

CREATE TRIGGER advance_directory_revision
    AFTER INSERT OR DELETE OR UPDATE ON destinations
    FOR EACH STATEMENT EXECUTE FUNCTION advance_directory_revision();
CREATE TRIGGER advance_directory_revision
    AFTER INSERT ON delivery_keys
    FOR EACH STATEMENT EXECUTE FUNCTION advance_directory_revision();

-- Who works on a partition of deliveries: whoever has the highest epoch.
CREATE TABLE delivery_owners (
    partition integer PRIMARY KEY,
    epoch bigint NOT NULL
);

-- The partition that a destination's dataset lies in.
CREATE TABLE delivery_lanes (
    destination_id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL,
    partition integer NOT NULL
);

-- Stretches of the log that a destination is to be served from; one that has come to its end is gone.
CREATE TABLE delivery_ranges (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id bigint NOT NULL,
    destination_id uuid NOT NULL REFERENCES delivery_lanes (destination_id) ON DELETE CASCADE,
    partition integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('live', 'gap', 'replay')),
    next_offset bigint NOT NULL,
    end_offset bigint CHECK (end_offset > next_offset),
    not_before bigint NOT NULL,
    CHECK ((kind = 'live') = (end_offset IS NULL))
);
CREATE INDEX delivery_ranges_by_partition ON delivery_ranges (partition, id);
CREATE INDEX delivery_ranges_by_destination ON delivery_ranges (destination_id, id);
CREATE UNIQUE INDEX delivery_ranges_one_live ON delivery_ranges (destination_id) WHERE kind = 'live';

-- What became of events, by the hour they were settled in. `latency` counts by buckets of time.
CREATE TABLE delivery_counts (
    tenant_id bigint NOT NULL,
    destination_id uuid NOT NULL,
    hour bigint NOT NULL,
    event_name text NOT NULL,
    outcome smallint NOT NULL,
    code text NOT NULL,
    events bigint NOT NULL,
    tries bigint NOT NULL,
    latency bigint[] NOT NULL,
    PRIMARY KEY (destination_id, hour, event_name, outcome, code)
);

-- Events that a platform refused, by their places in the log: no copy of what they hold.
CREATE TABLE dead_letters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id bigint NOT NULL,
    destination_id uuid NOT NULL,
    record_offset bigint NOT NULL,
    rows integer[] NOT NULL,
    outcome smallint NOT NULL,
    code text NOT NULL,
    field text NOT NULL,
    message text NOT NULL,
    trace_id text NOT NULL,
    tries integer NOT NULL,
    replayable_until bigint NOT NULL
);
CREATE INDEX dead_letters_by_destination ON dead_letters (destination_id, id);
CREATE INDEX dead_letters_by_end ON dead_letters (replayable_until);

-- The last requests to platforms, without what they carried.
CREATE TABLE delivery_requests (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id bigint NOT NULL,
    destination_id uuid NOT NULL,
    sent_at bigint NOT NULL,
    events integer NOT NULL,
    bytes bigint NOT NULL,
    status integer,
    took_ms bigint NOT NULL,
    outcome text NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    trace_id text NOT NULL
);
CREATE INDEX delivery_requests_by_destination ON delivery_requests (destination_id, id);

-- How destinations do, as the relay told last.
CREATE TABLE delivery_health (
    destination_id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL,
    state text NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    retry_at bigint,
    since bigint NOT NULL
);

CALL isolate('destinations');
CALL isolate('delivery_keys');
CALL isolate('delivery_lanes');
CALL isolate('delivery_ranges');
CALL isolate('delivery_counts');
CALL isolate('dead_letters');
CALL isolate('delivery_requests');
CALL isolate('delivery_health');
GRANT SELECT, INSERT, UPDATE, DELETE ON destinations TO stratum_app;
GRANT SELECT, INSERT, UPDATE ON delivery_keys TO stratum_app;
GRANT SELECT, INSERT, DELETE ON delivery_ranges TO stratum_app;
GRANT SELECT, UPDATE, DELETE ON delivery_lanes TO stratum_app;
GRANT SELECT, DELETE ON delivery_counts, dead_letters, delivery_requests, delivery_health TO stratum_app;
GRANT SELECT ON destinations TO stratum_system;
GRANT SELECT, INSERT, DELETE ON delivery_keys TO stratum_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON delivery_owners, delivery_lanes, delivery_ranges, delivery_counts,
    dead_letters, delivery_requests, delivery_health TO stratum_system;
