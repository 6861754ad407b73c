-- A key may have an end. Nothing changes it, so the copies in memory need no new revision for it.
ALTER TABLE api_keys ADD COLUMN expires_at timestamptz;
