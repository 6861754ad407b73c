CREATE TABLE {database}.received (
    event_name LowCardinality(String), event_time Int64, event_id String,
    action_source LowCardinality(String), event_source_url String, referrer_url String,
    user_data Tuple(em Array(String), ph Array(String), fn String, external_id String,
        client_ip_address String, client_user_agent String, fbp String, zp String, country String),
    custom_data Tuple(value Float64, currency LowCardinality(String), order_id String,
        num_items Int64, content_ids Array(String))
) ENGINE = Null
