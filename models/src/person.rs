//! Rows that the warehouse keeps about one person: found, counted and taken away.

use async_trait::async_trait;

use crate::dialect::Dialect;
use crate::money::Currency;
use crate::platform::{ActionSource, Device, Platform};
use crate::scope::TenantScope;
use crate::seal::SealedIdentifier;
use crate::store::StoreError;
use crate::time::{DayRange, UnixMillis};

/// E-mail addresses, each in a form or two, beside which an identifier may stand and be one person's.
pub const PERSON_EMAILS_MAX: usize = 6;
/// The most names of events at once.
pub const EVENT_NAMES_MAX: usize = 1_000;

/// The most identifiers one person is looked for by.
pub const PERSON_IDENTIFIERS_MAX: usize = 1_000;

/// An event of the person, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonEvent {
    /// The wire format it came in.
    pub dialect: Dialect,
    /// The ad platform it is for; `None` where it is for none.
    pub platform: Option<Platform>,
    /// The pixel or dataset id.
    pub dataset_id: String,
    /// The event's name.
    pub event_name: String,
    /// When it happened.
    pub event_time: UnixMillis,
    /// When it was accepted.
    pub received_at: UnixMillis,
    /// Where it happened.
    pub action_source: ActionSource,
    /// The sender's event id.
    pub event_id: Option<String>,
    /// The shop's order id.
    pub order_id: Option<String>,
    /// The event's worth in micros of `currency`.
    pub value_micros: Option<i64>,
    /// The currency of its worth.
    pub currency: Option<Currency>,
    /// The event's campaign, empty when unknown.
    pub campaign_id: String,
    /// ISO 3166 alpha-2 country, where known.
    pub country: Option<String>,
    /// The class of device.
    pub device: Device,
    /// The host of the page.
    pub source_host: Option<String>,
    /// Everything it tells about the person but what can be counted.
    pub identifiers: Vec<SealedIdentifier>,
}

/// A part of a person's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonEvents {
    /// All of them.
    pub total: u64,
    /// The part.
    pub events: Vec<PersonEvent>,
}

/// The side of a warehouse that is about persons. An event is a person's when it carries one of the
/// identifiers, key and seal alike. More than [`PERSON_IDENTIFIERS_MAX`] are `Invalid`.
#[async_trait]
pub trait PersonStore: Send + Sync {
    /// At most `rows_max` of the person's events after the first `skip`, by receipt, of equal ones
    /// by place in the log.
    async fn person_events(
        &self,
        scope: TenantScope,
        person: &[SealedIdentifier],
        skip: u64,
        rows_max: u32,
    ) -> Result<PersonEvents, StoreError>;

    /// The first and the last day that the person's events count for; `None` without events.
    async fn person_days(
        &self,
        scope: TenantScope,
        person: &[SealedIdentifier],
    ) -> Result<Option<DayRange>, StoreError>;

    /// The strong identifiers of the person's events, but those that stand beside more than
    /// [`PERSON_EMAILS_MAX`] e-mail addresses; at most [`PERSON_IDENTIFIERS_MAX`].
    async fn linked_identifiers(
        &self,
        scope: TenantScope,
        person: &[SealedIdentifier],
    ) -> Result<Vec<SealedIdentifier>, StoreError>;

    /// The names that the person's events have and nobody else's, at most [`EVENT_NAMES_MAX`].
    async fn own_event_names(
        &self,
        scope: TenantScope,
        person: &[SealedIdentifier],
    ) -> Result<Vec<String>, StoreError>;

    /// Takes events of these names away, from facts and sums alike. Idempotent.
    async fn forget_event_names(
        &self,
        scope: TenantScope,
        names: &[String],
    ) -> Result<(), StoreError>;

    /// Takes every identifier, event id and order id from the person's events, and returns how many
    /// those were. When it returns, no answer holds them. Sums, counts and masks stay as they are.
    /// Idempotent; after an error it may have been done, or be going on.
    async fn forget_person(
        &self,
        scope: TenantScope,
        person: &[SealedIdentifier],
    ) -> Result<u64, StoreError>;
}
