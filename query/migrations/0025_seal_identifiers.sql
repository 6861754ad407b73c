-- Identifiers rest under a key of their tenant, and of countable ones nothing but their bit does. The
-- hashes of before, which anybody could count through, are gone with their column: events of before
-- tell of their person by their masks alone.
ALTER TABLE events {on_cluster}
    DROP COLUMN IF EXISTS identifiers,
    ADD COLUMN IF NOT EXISTS sealed_identifiers Array(Tuple(
        key Enum8('em' = 0, 'ph' = 1, 'external_id' = 10, 'click_id' = 11, 'browser_id' = 12, 'madid' = 15, 'login_id' = 16, 'lead_id' = 17, 'subscription_id' = 18, 'messaging_id' = 19),
        seal FixedString(48))) AFTER invalid_reasons
