SELECT set_config('role', 'stratum_app', true) AS "role!", set_config('stratum.tenant_id', $1, true) AS "tenant!"
