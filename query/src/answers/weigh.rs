//! What an answer weighs in memory.

use std::any::Any;
use std::sync::Arc;

use stratum_models::ad_report::CampaignDay;
use stratum_models::breakdown::Part;
use stratum_models::metrics::KpiGroup;
use stratum_models::warehouse::{
    Freshness, IngestCount, InvalidCount, MaskCount, RejectionCount, ReportedCampaign,
};

/// The rows of an answer, of whatever kind, shared by all who asked.
#[derive(Clone)]
pub(super) struct Rows {
    pub all: Arc<dyn Any + Send + Sync>,
    /// Their memory.
    pub bytes: usize,
}

impl Rows {
    pub(super) fn of<T: Row>(rows: Vec<T>) -> Rows {
        let texts: usize = rows.iter().map(Row::text_bytes).sum();
        Rows { bytes: rows.capacity() * size_of::<T>() + texts, all: Arc::new(rows) }
    }
}

/// A row of an answer.
pub(super) trait Row: Any + Send + Sync {
    /// The bytes of its texts.
    fn text_bytes(&self) -> usize {
        0
    }
}

fn optional(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}

impl Row for KpiGroup {
    fn text_bytes(&self) -> usize {
        optional(self.campaign_id.as_ref()) + optional(self.campaign_name.as_ref())
    }
}

impl Row for Part {
    fn text_bytes(&self) -> usize {
        let key = &self.key;
        let ids = [&key.account_id, &key.campaign_id, &key.ad_set_id, &key.ad_id];
        let places = [&key.country, &key.device];
        let names = [&self.names.campaign, &self.names.ad_set, &self.names.ad];
        ids.into_iter().chain(places).chain(names).map(String::len).sum()
    }
}

impl Row for ReportedCampaign {
    fn text_bytes(&self) -> usize {
        self.key.campaign_id.len() + self.account_id.len() + self.name.len()
    }
}

impl Row for MaskCount {
    fn text_bytes(&self) -> usize {
        self.dataset_id.len() + self.event_name.len()
    }
}

impl Row for InvalidCount {}

impl Row for IngestCount {
    fn text_bytes(&self) -> usize {
        self.dataset_id.len()
    }
}

impl Row for RejectionCount {
    fn text_bytes(&self) -> usize {
        self.dataset_id.len() + self.field.len()
    }
}

impl Row for CampaignDay {
    fn text_bytes(&self) -> usize {
        self.key.account_id.len() + self.key.campaign_id.len() + self.campaign_name.len()
    }
}

impl Row for Freshness {}
