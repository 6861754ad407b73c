-- Somebody asked for an account, and whether the address is theirs is not known yet: what they wrote,
-- sealed, until the link of the letter is opened or the row's time is over. It holds no address in clear
-- and none by hash, so it stands in nobody's way. Known by the SHA-256 of the mailed token alone.
CREATE TABLE pending_registrations (
    id uuid PRIMARY KEY,
    token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
    content_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX pending_registrations_by_expiry ON pending_registrations (expires_at);
GRANT SELECT, INSERT, DELETE ON pending_registrations TO stratum_system;

-- How many letters were written within an hour or a day: to an address, for a tenant, in all. An allowance is
-- known by a keyed hash, so that no address stands here.
CREATE TABLE letter_counts (
    allowance bytea NOT NULL CHECK (octet_length(allowance) = 32),
    since timestamptz NOT NULL,
    letters bigint NOT NULL,
    PRIMARY KEY (allowance, since)
);
CREATE INDEX letter_counts_by_time ON letter_counts (since);
GRANT SELECT, INSERT, UPDATE, DELETE ON letter_counts TO stratum_system;
