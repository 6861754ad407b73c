-- Row-level security binds the owner of the tables, too: logged in, it sees no tenant's rows unless it says
-- that it works on all of them (SET stratum.every_tenant = 'on'), as migrations and backups do. What runs as
-- the owner on behalf of another login, a definer's function, works on all.
CREATE PROCEDURE bind_owner(of_table regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', of_table);
    EXECUTE format(
        'CREATE POLICY owner ON %s TO %s '
        'USING (session_user <> current_user OR current_setting(''stratum.every_tenant'', true) = ''on'')',
        of_table, (SELECT relowner::regrole FROM pg_class WHERE oid = of_table)
    );
END
$$;

-- What every table of tenants' data gets: isolation for stratum_app and the owner, everything for stratum_system.
CREATE OR REPLACE PROCEDURE isolate(of_table regclass, tenant_column name DEFAULT 'tenant_id') LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', of_table);
    EXECUTE format(
        'CREATE POLICY tenant ON %s TO stratum_app USING (%I = current_tenant()) WITH CHECK (%I = current_tenant())',
        of_table, tenant_column, tenant_column
    );
    EXECUTE format('CREATE POLICY system ON %s TO stratum_system USING (true) WITH CHECK (true)', of_table);
    CALL bind_owner(of_table);
END
$$;

DO $$
DECLARE
    isolated regclass;
BEGIN
    FOR isolated IN
        SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relrowsecurity
    LOOP
        CALL bind_owner(isolated);
    END LOOP;
END
$$;

CALL isolate('audit_heads');
