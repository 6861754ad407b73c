CREATE MATERIALIZED VIEW {database}.to_quality TO {database}.quality AS
SELECT
    event_name, toStartOfHour(toDateTime(event_time)) AS hour,
    bitOr(bitOr(notEmpty(user_data.em), bitShiftLeft(notEmpty(user_data.ph), 1)),
          bitOr(bitShiftLeft(notEmpty(user_data.external_id), 10),
                bitShiftLeft(notEmpty(user_data.fbp), 12))) AS mask,
    count() AS events
FROM {database}.received
GROUP BY event_name, hour, mask
