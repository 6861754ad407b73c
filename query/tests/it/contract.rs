use crate::engine::fresh;

stratum_testing::warehouse_contract!(fresh);
