-- What somebody wrote beside the figures of some days, of everything or of one platform or campaign.
CREATE TABLE notes (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    first_day date NOT NULL,
    last_day date NOT NULL CHECK (last_day >= first_day),
    platform text,
    campaign_id uuid,
    text text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 500),
    created_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id)
);
CREATE INDEX notes_by_day ON notes (tenant_id, first_day);

CALL isolate('notes');
GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO stratum_app;
