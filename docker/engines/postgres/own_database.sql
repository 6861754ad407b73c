-- Within the database. Earlier versions had its tables owned by the program's login.
DO $$
BEGIN
    REASSIGN OWNED BY app TO stratum_owner;
    ALTER SCHEMA public OWNER TO stratum_owner;
END
$$
