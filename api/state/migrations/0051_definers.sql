-- Functions that run as the owner are led astray by nothing of their caller's: they find names in the catalog
-- first and among temporary tables last, their own statements name the schema, and only who is named may call.
CREATE PROCEDURE confine(of_function regprocedure) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp', of_function);
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', of_function);
END
$$;

CREATE OR REPLACE FUNCTION advance_directory_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.directory_revision SET revision = revision + 1;
    RETURN NULL;
END
$$;
CALL confine('advance_directory_revision()');

CREATE OR REPLACE FUNCTION chain_audit_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.audit_heads VALUES (NEW.tenant_id, 0, '') ON CONFLICT DO NOTHING;
    SELECT seq + 1, hash INTO NEW.seq, NEW.previous_hash
    FROM public.audit_heads WHERE tenant_id = NEW.tenant_id FOR UPDATE;
    NEW.hash := public.audit_hash(NEW);
    UPDATE public.audit_heads SET seq = NEW.seq, hash = NEW.hash WHERE tenant_id = NEW.tenant_id;
    RETURN NEW;
END
$$;
CALL confine('chain_audit_row()');

-- Runs at the end of the transaction, so that the one row is locked for a moment only and after
-- every other lock. Whoever has the higher revision has waited for the commit of the lower one.
CREATE OR REPLACE FUNCTION number_revoked_session() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    next bigint;
BEGIN
    UPDATE public.session_revision SET revision = revision + 1 RETURNING revision INTO next;
    INSERT INTO public.revoked_sessions VALUES (NEW.id, NEW.tenant_id, next, NEW.revoked_at) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CALL confine('number_revoked_session()');

-- Whether an address is somebody's, of whatever tenant: row-level security hides those of others, and
-- while keys are rotated the unique index sees only addresses hashed with the same key.
CREATE OR REPLACE FUNCTION email_is_known(lookups bytea[]) RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT EXISTS (SELECT FROM public.users WHERE email_lookup = ANY (lookups)) $$;
CALL confine('email_is_known(bytea[])');
GRANT EXECUTE ON FUNCTION email_is_known(bytea[]) TO stratum_app;

-- No role of the program makes tables, not even for a session. Where the owner of the tables does not own the
-- database, whoever does must say the same: the program tells at its start.
DO $$
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
END
$$;
