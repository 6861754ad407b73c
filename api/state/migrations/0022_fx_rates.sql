-- A tenant's own exchange rates: what one US dollar was worth on a day, in billionths of the currency.
CREATE TABLE fx_rates (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    date date NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$' AND currency <> 'USD'),
    per_usd_nanos bigint NOT NULL CHECK (per_usd_nanos > 0),
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, date, currency)
);

CALL isolate('fx_rates');
GRANT SELECT, INSERT, UPDATE ON fx_rates TO stratum_app;
