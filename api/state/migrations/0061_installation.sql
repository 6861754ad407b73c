-- The installation's own id: tokens name it, so that two installations with one key do not open each other.
CREATE TABLE installation (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO installation DEFAULT VALUES;
GRANT SELECT ON installation TO stratum_system;
