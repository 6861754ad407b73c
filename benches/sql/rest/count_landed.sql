-- Events of all tenants that are counted.
SELECT sum(landed) FROM ingest_counts WHERE tenant_id > 0 FORMAT TSV
