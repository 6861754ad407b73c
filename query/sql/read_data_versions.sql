-- The sum of what each log partition has brought a tenant to: offsets only rise, so it moves with any.
SELECT tenant_id, sum(applied) AS version
FROM
(
    SELECT tenant_id, lane, max(applied_to) AS applied
    FROM data_versions
    WHERE tenant_id IN {tenants:Array(UInt64)}
    GROUP BY tenant_id, lane
)
GROUP BY tenant_id
