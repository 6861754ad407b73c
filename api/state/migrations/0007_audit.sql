-- What was done, by whom, and what was refused. A tenant's rows are numbered and chained: each row's
-- hash covers its content and the hash before it. The trigger numbers and chains, as the owner; the
-- program may only insert and read. Tenant 0 is the installation itself.
CREATE TABLE audit_log (
    tenant_id bigint NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'api_key', 'operator', 'system', 'nobody')),
    actor_id text NOT NULL,
    action text NOT NULL,
    object_kind text NOT NULL,
    object_id text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('done', 'refused')),
    changes jsonb NOT NULL,
    request_id text NOT NULL,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX audit_log_by_time ON audit_log (tenant_id, at);

-- The newest row of each chain, so that rows cut off the end are missed.
CREATE TABLE audit_heads (
    tenant_id bigint PRIMARY KEY,
    seq bigint NOT NULL,
    hash bytea NOT NULL
);

-- Every field with its length before it: no two rows read the same.
CREATE FUNCTION audit_hash(entry audit_log) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(
        entry.previous_hash || convert_to(string_agg(octet_length(field) || ':' || field, ',' ORDER BY place), 'UTF8')
    )
    FROM unnest(ARRAY [
        entry.tenant_id::text, entry.seq::text, (extract(epoch FROM entry.at) * 1000000)::bigint::text,
        entry.actor_kind, entry.actor_id, entry.action, entry.object_kind, entry.object_id,
        entry.outcome, entry.changes::text, entry.request_id
    ]) WITH ORDINALITY AS fields (field, place)
$$;

CREATE FUNCTION chain_audit_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO audit_heads VALUES (NEW.tenant_id, 0, '') ON CONFLICT DO NOTHING;
    SELECT seq + 1, hash INTO NEW.seq, NEW.previous_hash
    FROM audit_heads WHERE tenant_id = NEW.tenant_id FOR UPDATE;
    NEW.hash := audit_hash(NEW);
    UPDATE audit_heads SET seq = NEW.seq, hash = NEW.hash WHERE tenant_id = NEW.tenant_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER chain_audit_row BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION chain_audit_row();

CALL isolate('audit_log');
GRANT SELECT, INSERT ON audit_log TO stratum_app, stratum_system;
GRANT SELECT ON audit_heads TO stratum_system;
