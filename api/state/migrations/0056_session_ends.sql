-- A session ends for good at `ends_at`, however often it is renewed. Of a renewal it is kept which token
-- was spent, when, and by whom (a keyed hash of the client's network): within seconds the same client is
-- told the same successor once more.
ALTER TABLE sessions ADD COLUMN ends_at timestamptz;
SET LOCAL stratum.every_tenant = 'on'; -- the owner, too, is bound by row-level security
UPDATE sessions SET ends_at = created_at + interval '30 days';
UPDATE sessions SET expires_at = ends_at WHERE expires_at > ends_at;
ALTER TABLE sessions ALTER COLUMN ends_at SET NOT NULL;
ALTER TABLE sessions ADD COLUMN device text NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN renewed_at timestamptz;
ALTER TABLE sessions ADD COLUMN renewed_by bytea;
ALTER TABLE sessions ADD COLUMN spent_id uuid;
ALTER TABLE sessions ADD COLUMN repeated boolean NOT NULL DEFAULT false;

-- Wrong passwords are counted for an address, or for one device that has signed in with it before.
ALTER TABLE sign_in_failures RENAME COLUMN email_lookup TO counted_for;
