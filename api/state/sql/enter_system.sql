SELECT set_config('role', 'stratum_system', true) AS "role!"
