-- What the events of a dataset are called, where the platform's format has no names: LinkedIn's conversions.
ALTER TABLE datasets
    ADD COLUMN event_name text CHECK (char_length(event_name) BETWEEN 1 AND 128);
