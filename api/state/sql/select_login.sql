SELECT
    session_user::text AS "name!",
    login.rolsuper AS "superuser!",
    login.rolbypassrls OR login.rolcreaterole OR login.rolreplication AS "mighty!",
    EXISTS (
        SELECT FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND pg_has_role(login.oid, relowner, 'MEMBER')
    ) AS "owner!",
    2 = (
        SELECT count(*) FROM pg_roles
        WHERE rolname IN ('stratum_app', 'stratum_system') AND pg_has_role(login.oid, oid, 'MEMBER')
    ) AS "member!",
    EXISTS (
        SELECT FROM pg_roles
        WHERE rolname IN ('stratum_app', 'stratum_system') AND pg_has_role(login.oid, oid, 'USAGE')
    ) AS "heir!",
    has_database_privilege(login.oid, current_database(), 'TEMPORARY')
        OR has_schema_privilege(login.oid, 'public', 'CREATE') AS "maker!"
FROM pg_roles login
WHERE login.rolname = session_user
