-- Plan and limits bound what a tenant may send: ingest's copy of them is stale when they change.
DROP TRIGGER advance_directory_revision ON tenants;
CREATE TRIGGER advance_directory_revision
    AFTER INSERT OR DELETE OR UPDATE OF time_zone, plan, limits ON tenants
    FOR EACH STATEMENT EXECUTE FUNCTION advance_directory_revision();

-- A tenant changes its own settings, never its plan or its limits: those are the operator's.
REVOKE UPDATE ON tenants FROM stratum_app;
GRANT UPDATE (name, time_zone, reporting_currency, settings, updated_at) ON tenants TO stratum_app;
