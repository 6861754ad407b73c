SELECT
    (SELECT count() FROM $database.events),
    (SELECT sum(events) FROM $database.match_quality),
    (SELECT sum(events) FROM $database.event_metrics),
    (SELECT sum(landed) FROM $database.ingest_counts),
    (SELECT count() FROM $database.rejected_rows),
    (SELECT sum(spend_micros) FROM $database.ad_reports FINAL),
    (SELECT sum(spend_micros) FROM $database.ad_report_splits FINAL)
FORMAT TSVRaw
