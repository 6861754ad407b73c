SELECT tenant_id, seal, erased_at FROM erasures WHERE erased_at >= $1
