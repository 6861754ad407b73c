-- Old rows of the audit log are removed in segments. Before one is, a row at the chain's other end seals it: it
-- names the segment's last row and that row's hash, so that what is left begins where a seal says it may. Only
-- what is sealed is removed, and nothing younger than 30 days.
CREATE INDEX audit_log_seals ON audit_log (tenant_id, seq) WHERE action = 'audit.sealed';

CREATE FUNCTION remove_sealed_audit_rows(of_tenant bigint) RETURNS bigint LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    removed bigint;
BEGIN
    DELETE FROM public.audit_log
    WHERE tenant_id = of_tenant AND seq <= (
        SELECT max(sealed.seq)
        FROM public.audit_log seal
        JOIN public.audit_log sealed ON sealed.tenant_id = seal.tenant_id AND sealed.seq < seal.seq
            AND sealed.seq::text = seal.changes ->> 'through' AND encode(sealed.hash, 'hex') = seal.changes ->> 'hash'
        WHERE seal.tenant_id = of_tenant AND seal.action = 'audit.sealed' AND seal.actor_kind = 'system'
            AND sealed.at < now() - interval '30 days'
    );
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
$$;
REVOKE EXECUTE ON FUNCTION remove_sealed_audit_rows(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION remove_sealed_audit_rows(bigint) TO stratum_system;
