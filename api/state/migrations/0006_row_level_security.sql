-- Two roles that no one logs in as. Every connection begins as stratum_app without a tenant and sees
-- nothing; a transaction names its tenant (stratum.tenant_id) or becomes stratum_system, for the few
-- questions that come before a tenant is known. Neither owns a table, so neither can lift a policy.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY ['stratum_app', 'stratum_system'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            END IF;
        EXCEPTION WHEN duplicate_object THEN
            NULL; -- another database of this server made it meanwhile
        END;
        IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO %I', wanted, current_user);
        END IF;
    END LOOP;
END
$$;

CREATE FUNCTION current_tenant() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('stratum.tenant_id', true), '')::bigint $$;

-- What every table of tenants' data gets: isolation for stratum_app, everything for stratum_system.
CREATE PROCEDURE isolate(of_table regclass, tenant_column name DEFAULT 'tenant_id') LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', of_table);
    EXECUTE format(
        'CREATE POLICY tenant ON %s TO stratum_app USING (%I = current_tenant()) WITH CHECK (%I = current_tenant())',
        of_table, tenant_column, tenant_column
    );
    EXECUTE format('CREATE POLICY system ON %s TO stratum_system USING (true) WITH CHECK (true)', of_table);
END
$$;

CALL isolate('tenants', 'id');
CALL isolate('users');
CALL isolate('sessions');
CALL isolate('datasets');
CALL isolate('tracking_configs');
CALL isolate('api_keys');

GRANT SELECT, UPDATE ON tenants TO stratum_app;
GRANT SELECT, INSERT, UPDATE ON users, sessions, datasets, api_keys TO stratum_app;
GRANT SELECT, INSERT ON tracking_configs TO stratum_app;
GRANT SELECT, INSERT, UPDATE ON tenants TO stratum_system;
GRANT SELECT ON users, datasets, tracking_configs TO stratum_system;
GRANT SELECT, DELETE ON sessions TO stratum_system;
GRANT SELECT, UPDATE ON api_keys TO stratum_system;
GRANT SELECT ON directory_revision TO stratum_app, stratum_system;

-- Moved by triggers alone.
ALTER FUNCTION advance_directory_revision() SECURITY DEFINER SET search_path = public;
