-- As merges leave it after a while: what grows with events is their number, not that of the roll-up's rows.
OPTIMIZE TABLE event_metrics FINAL
