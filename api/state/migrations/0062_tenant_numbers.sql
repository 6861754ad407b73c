-- New tenants get a number that tells nothing of how many there are: 48 random bits, the first of a random
-- UUID. Tenants from before keep theirs.
ALTER TABLE tenants ALTER COLUMN id DROP IDENTITY;
ALTER TABLE tenants ALTER COLUMN id
    SET DEFAULT ('x' || left(replace(gen_random_uuid()::text, '-', ''), 12))::bit(48)::bigint;
