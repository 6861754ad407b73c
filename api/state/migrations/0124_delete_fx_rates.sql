GRANT DELETE ON fx_rates TO stratum_app;
