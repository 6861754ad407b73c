-- Ingest keeps a copy of tenants, datasets, configurations and keys in memory. One number tells
-- whether the copy is stale; it moves in the transaction that makes the change. Updates of
-- last_used_at do not count: they change nothing that ingest reads.
CREATE TABLE directory_revision (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    revision bigint NOT NULL
);
INSERT INTO directory_revision (revision) VALUES (1);

CREATE FUNCTION advance_directory_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE directory_revision SET revision = revision + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER advance_directory_revision
    AFTER INSERT OR DELETE OR UPDATE OF time_zone ON tenants
    FOR EACH STATEMENT EXECUTE FUNCTION advance_directory_revision();
CREATE TRIGGER advance_directory_revision
    AFTER INSERT OR DELETE OR UPDATE ON datasets
    FOR EACH STATEMENT EXECUTE FUNCTION advance_directory_revision();
CREATE TRIGGER advance_directory_revision
    AFTER INSERT OR DELETE OR UPDATE ON tracking_configs
    FOR EACH STATEMENT EXECUTE FUNCTION advance_directory_revision();
CREATE TRIGGER advance_directory_revision
    AFTER INSERT OR DELETE OR UPDATE OF revoked_at, scope, dataset_id ON api_keys
    FOR EACH STATEMENT EXECUTE FUNCTION advance_directory_revision();
