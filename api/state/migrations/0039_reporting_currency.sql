-- The reporting currency is what amounts of several currencies are shown in: the directory's copy of it is
-- stale when it changes.
DROP TRIGGER advance_directory_revision ON tenants;
CREATE TRIGGER advance_directory_revision
    AFTER INSERT OR DELETE OR UPDATE OF time_zone, reporting_currency, plan, limits ON tenants
    FOR EACH STATEMENT EXECUTE FUNCTION advance_directory_revision();
