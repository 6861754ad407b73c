-- The tracked part of the answer from raw events.
SELECT currency, count(), sum(value_micros)
FROM events
WHERE tenant_id = {tenant:UInt64}
  AND event_name = {purchase:String}
  AND event_date >= toDate32({first_day:Int32})
  AND event_date <= toDate32({last_day:Int32})
GROUP BY currency
FORMAT TSV
