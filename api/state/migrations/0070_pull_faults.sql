-- What a pull could not read: accounts that are closed to it, and the first rows that broke a rule. A connector
-- that reads some of its accounts is `partial` and names the others.
ALTER TABLE pull_runs ADD COLUMN closed_accounts jsonb NOT NULL DEFAULT '[]';
ALTER TABLE pull_runs ADD COLUMN faults jsonb NOT NULL DEFAULT '[]';
ALTER TABLE connectors ADD COLUMN closed_accounts jsonb NOT NULL DEFAULT '[]';
ALTER TABLE connectors DROP CONSTRAINT connectors_status_check;
ALTER TABLE connectors
    ADD CONSTRAINT connectors_status_check
    CHECK (status IN ('unverified', 'working', 'partial', 'throttled', 'failing', 'needs_credentials'));
