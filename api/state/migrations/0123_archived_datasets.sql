-- An archived dataset takes nothing in; what it brought stays. The trigger of its table tells ingest.
ALTER TABLE datasets ADD COLUMN archived_at timestamptz;
