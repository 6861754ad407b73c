-- Tokens that were mailed to somebody who forgot the password: known by their SHA-256 alone.
CREATE TABLE reset_tokens (
    sha256 bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    tenant_id bigint NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    spent_at timestamptz,
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX reset_tokens_by_user ON reset_tokens (tenant_id, user_id, created_at);
CREATE INDEX reset_tokens_by_expiry ON reset_tokens (expires_at);
CALL isolate('reset_tokens');
GRANT SELECT, INSERT, UPDATE ON reset_tokens TO stratum_app;
GRANT SELECT, UPDATE, DELETE ON reset_tokens TO stratum_system;

-- When an owner was last told that somebody tried to register with the address.
ALTER TABLE users ADD COLUMN notified_at timestamptz;
