CREATE MATERIALIZED VIEW {database}.to_events TO {database}.events AS
SELECT
    event_name, toDateTime(event_time) AS event_time, event_id, action_source,
    domain(event_source_url) AS host, custom_data.order_id AS order_id,
    toInt64(custom_data.value * 1000000) AS value_micros, custom_data.currency AS currency,
    arrayMap(h -> unhex(h), user_data.em) AS em, arrayMap(h -> unhex(h), user_data.ph) AS ph,
    unhex(user_data.fn) AS fn, SHA256(lower(trimBoth(user_data.external_id))) AS external_id,
    SHA256(user_data.fbp) AS fbp, SHA256(lower(trimBoth(user_data.zp))) AS zp,
    user_data.country AS country,
    bitOr(bitOr(notEmpty(user_data.em), bitShiftLeft(notEmpty(user_data.ph), 1)),
          bitOr(bitShiftLeft(notEmpty(user_data.external_id), 10),
                bitShiftLeft(notEmpty(user_data.fbp), 12))) AS mask
FROM {database}.received
