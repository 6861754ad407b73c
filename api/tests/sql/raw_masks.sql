-- Every landed event by name, and of which identifier how many have a usable one.
SELECT
    event_name,
    dataset_id,
    toFloat64(count()) AS events,
    countIf(bitTest(valid_mask, 0)) AS with_email,
    countIf(bitTest(valid_mask, 1)) AS with_phone
FROM events
WHERE tenant_id = {tenant}
GROUP BY event_name, dataset_id
FORMAT JSONEachRow
