-- Wrong passwords by the keyed hash of what was typed as e-mail address, whether or not there is such
-- an account: both are locked alike. Asked before a tenant is known, so it belongs to none.
CREATE TABLE sign_in_failures (
    email_lookup bytea PRIMARY KEY CHECK (octet_length(email_lookup) = 32),
    failed_at timestamptz[] NOT NULL,
    locked_until timestamptz,
    updated_at timestamptz NOT NULL
);
CREATE INDEX sign_in_failures_by_time ON sign_in_failures (updated_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_failures TO stratum_system;
