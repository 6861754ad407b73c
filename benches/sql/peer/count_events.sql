SELECT count() FROM {database}.events
