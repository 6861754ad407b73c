-- An ad account has one id, in the form of Platform::account_id: Meta's without act_, Google's without dashes,
-- LinkedIn's without its URN.
SELECT set_config('stratum.every_tenant', 'on', true); -- where row-level security binds the owner, too
CREATE FUNCTION one_account_id(platform text, id text) RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS
$$
    SELECT CASE
        WHEN platform = 'meta' THEN regexp_replace(id, '^act_([0-9]+)$', '\1', 'i')
        WHEN platform = 'google' AND id ~ '^[0-9]+(-[0-9]+)+$' THEN replace(id, '-', '')
        WHEN platform = 'linkedin' THEN regexp_replace(id, '^urn:li:sponsoredaccount:([0-9]+)$', '\1', 'i')
        ELSE id
    END
$$;

UPDATE campaigns
SET account_id = one_account_id(platform, account_id)
WHERE account_id <> one_account_id(platform, account_id);

UPDATE connectors c
SET account_ids = (
    SELECT coalesce(array_agg(i.id ORDER BY i.place), '{}')
    FROM (
        SELECT one_account_id(c.platform, a.id) AS id, min(a.place) AS place
        FROM unnest(c.account_ids) WITH ORDINALITY AS a (id, place)
        GROUP BY 1
    ) i
)
WHERE EXISTS (SELECT FROM unnest(c.account_ids) AS a (id) WHERE a.id <> one_account_id(c.platform, a.id));

-- Of an account that is there under two ids, what was told last stays.
DELETE FROM ad_accounts a
USING ad_accounts o
WHERE o.tenant_id = a.tenant_id
    AND o.platform = a.platform
    AND o.account_id <> a.account_id
    AND one_account_id(o.platform, o.account_id) = one_account_id(a.platform, a.account_id)
    AND (o.updated_at, o.account_id) > (a.updated_at, a.account_id);
UPDATE ad_accounts
SET account_id = one_account_id(platform, account_id)
WHERE account_id <> one_account_id(platform, account_id);

DROP FUNCTION one_account_id(text, text);
