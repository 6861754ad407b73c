SELECT name, create_table_query FROM system.tables WHERE database = '$database' ORDER BY name FORMAT TSVRaw
