//! Destinations: where events of a dataset are handed on to, and how.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{DataKey, EventFilter, KeyHour};
use crate::connector::Credentials;
use crate::id::{DestinationId, TenantId};
use crate::name_set;
use crate::platform::Platform;
use crate::store::StoreError;
use crate::time::UnixMillis;

name_set! {
    /// What is done with the events of a destination.
    DeliveryMode {
        /// Nothing: none is kept for it.
        Off = "off",
        /// Everything but the request: what would be sent is counted.
        Shadow = "shadow",
        /// They are sent under the platform's code for test events, also those that their sender marked as a test.
        Test = "test",
        /// They are sent.
        Live = "live",
        /// They are kept until it goes on, as long as the platform takes them.
        Paused = "paused",
    }
}

impl DeliveryMode {
    /// Whether events are kept for it.
    pub const fn takes_events(self) -> bool {
        !matches!(self, DeliveryMode::Off)
    }

    /// Whether events are worked on.
    pub const fn works(self) -> bool {
        !matches!(self, DeliveryMode::Off | DeliveryMode::Paused)
    }
}

name_set! {
    /// What is done with events whose person restricted their use.
    ConsentPolicy {
        /// They are sent with the restriction as their sender stated it, which the platform then keeps to.
        AsSent = "as_sent",
        /// They are not sent.
        UnrestrictedOnly = "unrestricted_only",
    }
}

/// A dataset as records of deliveries name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DatasetKey {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The ad platform it is of; `None` where its events are for none.
    pub platform: Option<Platform>,
    /// The platform's pixel or dataset id.
    pub dataset_id: String,
}

/// A destination, with what it takes to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Its id.
    pub id: DestinationId,
    /// The dataset whose events it gets.
    pub dataset: DatasetKey,
    /// The platform that it is at.
    pub platform: Platform,
    /// The pixel or dataset there.
    pub remote_id: String,
    /// What is done with events.
    pub mode: DeliveryMode,
    /// The names it takes; `None` for all.
    pub event_names: Option<BTreeSet<String>>,
    /// What is done with those whose use is restricted.
    pub consent: ConsentPolicy,
    /// The platform's code for test events, where one is set.
    pub test_code: Option<String>,
    /// What the platform is shown. Never printed.
    pub credentials: Credentials,
    /// Events received from then on are for it.
    pub since: UnixMillis,
}

impl Destination {
    /// The events that it takes.
    pub fn filter(&self) -> EventFilter {
        EventFilter {
            names: self.event_names.clone(),
            takes_tests: self.mode == DeliveryMode::Test,
        }
    }
}

/// The destinations of an installation, and the keys that their events are sealed with.
#[async_trait]
pub trait DeliveryDirectory: Send + Sync {
    /// A number that changes with every change of a destination.
    async fn revision(&self) -> Result<i64, StoreError>;

    /// The destinations that events are worked on for, in the order of their ids.
    async fn destinations(&self) -> Result<Vec<Destination>, StoreError>;

    /// The key of a dataset's hour; `None` where there is none any more.
    async fn key(&self, dataset: &DatasetKey, hour: KeyHour)
    -> Result<Option<DataKey>, StoreError>;

    /// Makes the key of this hour for every dataset that events are kept of and that has none yet; how many.
    async fn make_keys(&self, hour: KeyHour) -> Result<u64, StoreError>;

    /// Deletes the keys of hours before this one: what was sealed with them can be opened by nobody any more.
    /// How many there were.
    async fn delete_keys(&self, before: KeyHour) -> Result<u64, StoreError>;
}
