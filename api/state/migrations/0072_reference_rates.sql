-- What one US dollar was worth on a day by a bank's reference rates, in billionths of the currency: the same for
-- every tenant, and behind a tenant's own rates.
CREATE TABLE reference_rates (
    date date NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$' AND currency <> 'USD'),
    per_usd_nanos bigint NOT NULL CHECK (per_usd_nanos > 0),
    PRIMARY KEY (date, currency)
);

-- When the bank was last asked, and is next: one row. Who moves next_at asks.
CREATE TABLE reference_rate_source (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    next_at timestamptz NOT NULL,
    fetched_at timestamptz,
    newest_day date,
    failures integer NOT NULL DEFAULT 0,
    error text
);
INSERT INTO reference_rate_source (next_at) VALUES ('2000-01-01T00:00:00Z');

GRANT SELECT ON reference_rates TO stratum_app, stratum_system;
GRANT INSERT, UPDATE ON reference_rates TO stratum_system;
GRANT SELECT, UPDATE ON reference_rate_source TO stratum_system;
