-- A pixel or dataset of an ad platform. Two tenants may send for the same one; they never meet.
CREATE TABLE datasets (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    platform text NOT NULL,
    external_id text NOT NULL CHECK (char_length(external_id) BETWEEN 1 AND 128),
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (tenant_id, platform, external_id),
    UNIQUE (tenant_id, id)
);

-- How a dataset's events are treated. A version is never changed; the highest one is in force.
CREATE TABLE tracking_configs (
    tenant_id bigint NOT NULL,
    dataset_id uuid NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    default_calling_code integer CHECK (default_calling_code BETWEEN 1 AND 999),
    policy jsonb NOT NULL DEFAULT '{}',
    created_by uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (dataset_id, version),
    FOREIGN KEY (tenant_id, dataset_id) REFERENCES datasets (tenant_id, id)
);
