INSERT INTO rule_episodes (tenant_id, rule_id, campaign_id, number, state, since, acted_at)
SELECT $1, $2, campaign_id, number, state, since, acted_at
FROM unnest($3::uuid[], $4::integer[], $5::text[], $6::timestamptz[], $7::timestamptz[])
    AS news (campaign_id, number, state, since, acted_at)
ON CONFLICT (tenant_id, rule_id, campaign_id) DO UPDATE
SET number = excluded.number, state = excluded.state, since = excluded.since, acted_at = excluded.acted_at
