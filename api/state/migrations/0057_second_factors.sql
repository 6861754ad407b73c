-- A second factor of sign-in: the secret that codes of the moment are made of (TOTP), sealed by the program.
-- It counts once a code of it was given. `last_step` is the newest code that was taken: none is taken twice.
CREATE TABLE second_factors (
    tenant_id bigint NOT NULL,
    user_id uuid NOT NULL,
    secret_sealed bytea NOT NULL,
    last_step bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    PRIMARY KEY (tenant_id, user_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CALL isolate('second_factors');
GRANT SELECT, INSERT, UPDATE, DELETE ON second_factors TO stratum_app;
GRANT SELECT ON second_factors TO stratum_system;

-- Codes for somebody who has lost the device: each works once, and is known by its SHA-256 alone.
CREATE TABLE recovery_codes (
    tenant_id bigint NOT NULL,
    user_id uuid NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    PRIMARY KEY (tenant_id, user_id, sha256),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CALL isolate('recovery_codes');
GRANT SELECT, INSERT, DELETE ON recovery_codes TO stratum_app;

-- Whether every user of the tenant must have one.
ALTER TABLE tenants ADD COLUMN second_factor_required boolean NOT NULL DEFAULT false;
GRANT UPDATE (second_factor_required) ON tenants TO stratum_app;
