-- A session is a family of tokens: one row a sign-in, renewed by its refresh token. Only the newest
-- refresh token counts; an older one seen again ends the family. Sessions from before had no refresh
-- token, and end with their access token.
ALTER TABLE sessions DROP COLUMN family;
ALTER TABLE sessions ADD COLUMN refresh_id uuid;

-- Sessions that ended before their time, in the order of their commits: each API process asks for
-- those after the last revision it has seen, and refuses their access tokens.
CREATE TABLE revoked_sessions (
    session_id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL,
    revision bigint NOT NULL UNIQUE,
    revoked_at timestamptz NOT NULL
);
CREATE INDEX revoked_sessions_by_time ON revoked_sessions (revoked_at);
CALL isolate('revoked_sessions');
GRANT SELECT, DELETE ON revoked_sessions TO stratum_system;

CREATE TABLE session_revision (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    revision bigint NOT NULL
);
INSERT INTO session_revision (revision) VALUES (0);

-- Runs at the end of the transaction, so that the one row is locked for a moment only and after
-- every other lock. Whoever has the higher revision has waited for the commit of the lower one.
CREATE FUNCTION number_revoked_session() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    next bigint;
BEGIN
    UPDATE session_revision SET revision = revision + 1 RETURNING revision INTO next;
    INSERT INTO revoked_sessions VALUES (NEW.id, NEW.tenant_id, next, NEW.revoked_at) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER number_revoked_session
    AFTER UPDATE OF revoked_at ON sessions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL)
    EXECUTE FUNCTION number_revoked_session();
