use crate::engine::fresh;

stratum_models::warehouse_contract!(fresh);
