-- The roles of the state store, for a superuser; may run again. Passwords are set apart.
-- stratum_owner owns the database and brings it up to date (DATABASE_MIGRATION_URL). app is the login of the
-- program (DATABASE_URL): it owns nothing and inherits nothing, and in each transaction becomes stratum_app,
-- which sees one tenant, or stratum_system, which sees all and may do little. Nobody logs in as those two.
DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN
        SELECT * FROM (VALUES
            ('stratum_app', 'NOLOGIN'), ('stratum_system', 'NOLOGIN'), ('stratum_owner', 'LOGIN'), ('app', 'LOGIN')
        ) AS roles (name, login)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name) THEN
            EXECUTE format('CREATE ROLE %I', wanted.name);
        END IF;
        EXECUTE format(
            'ALTER ROLE %I %s NOINHERIT NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION',
            wanted.name, wanted.login
        );
        -- From PostgreSQL 16 on a membership keeps how it was given.
        IF wanted.login = 'LOGIN' AND pg_has_role(wanted.name, 'stratum_system', 'USAGE') THEN
            EXECUTE format('REVOKE stratum_app, stratum_system FROM %I', wanted.name);
        END IF;
    END LOOP;
    GRANT stratum_app, stratum_system TO stratum_owner, app;
END
$$
