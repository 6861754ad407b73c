//! One event as it is handed on, and its bytes.

use serde::{Deserialize, Serialize};
use stratum_models::identifier::IdentifierKey;
use stratum_models::money::Currency;
use stratum_models::platform::ActionSource;

/// The largest row, in bytes. What the front door takes in stays far below.
pub const ROW_BYTES_MAX: usize = 128 * 1024;

/// An id that platforms take in clear. Its place in this list is stored: new ones go to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ClearIdKind {
    /// The IP address of the person's device.
    ClientIp,
    /// Its user agent.
    UserAgent,
    /// The click on an ad: Meta's `fbc`, TikTok's `ttclid` and the like.
    ClickId,
    /// The platform's browser cookie: Meta's `fbp`, TikTok's `ttp` and the like.
    BrowserId,
    /// The device's advertising id.
    MobileAdId,
    /// The id of an installation of an app (Meta's `anon_id`).
    InstallId,
    /// The platform's id of a login.
    LoginId,
    /// The id of a lead ad's form.
    LeadId,
    /// The id of a subscription.
    SubscriptionId,
    /// The person's id at a page that they wrote to.
    PageScopedId,
    /// The click on an ad that opens a chat.
    ChatClickId,
    /// The person's id at an Instagram account.
    InstagramId,
    /// The advertising id of a device of Apple's, where the platform tells it from those of others.
    AppleAdId,
    /// The city, of a platform that takes no hash of it, in lower case.
    City,
    /// The state or region, of such a platform, in lower case.
    State,
    /// Acxiom's id of the person.
    AcxiomId,
    /// Oracle MOAT's id of the person.
    MoatId,
    /// The advertiser's own id of the person, of a platform that takes no hash of it.
    UserId,
    /// The postal code, of such a platform, in lower case.
    Zip,
}

/// An id in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearId<'a> {
    /// The kind.
    pub kind: ClearIdKind,
    /// As the platform takes it.
    pub value: &'a str,
}

/// The SHA-256 of an identifier in a form of the dataset's platform, or as the sender made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboundHash {
    /// The identifier.
    pub key: IdentifierKey,
    /// The digest.
    pub hash: [u8; 32],
}

/// An event as it is handed on. Texts are as they were sent, but for what tells of the person.
///
/// The order of the fields is that of the bytes; a new field goes to the end, with a new version of
/// envelopes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutboundEvent<'a> {
    /// The id that platforms deduplicate by: the sender's, or one made at the door. It never changes.
    pub event_id: &'a str,
    /// Whether the id was made at the door, so that no other copy of the event has it.
    pub is_id_made: bool,
    /// The name as it was sent.
    pub event_name: &'a str,
    /// When it happened, in milliseconds since 1970.
    pub event_time_ms: i64,
    /// When it was taken in, in milliseconds since 1970.
    pub received_at_ms: i64,
    /// Where it happened.
    pub action_source: ActionSource,
    /// Whether its sender marked it as a test.
    pub is_test: bool,
    /// Whether it may be used for attribution alone.
    pub opt_out: bool,
    /// Whether it is under limited data use.
    pub limited_data_use: bool,
    /// The codes of country and state that limited data use was claimed for, where they were sent.
    pub limited_data_use_codes: Option<(u16, u16)>,
    /// Its worth in millionths of `currency`.
    pub value_micros: Option<i64>,
    /// The currency of its worth.
    pub currency: Option<Currency>,
    /// The shop's id of the order.
    #[serde(borrow)]
    pub order_id: Option<&'a str>,
    /// The address of its page.
    #[serde(borrow)]
    pub source_url: Option<&'a str>,
    /// The object of data on products and the like, a JSON text.
    #[serde(borrow)]
    pub custom_data: Option<&'a str>,
    /// Whether some of that data was left out: it was too long or told of the person.
    pub is_custom_data_cut: bool,
    /// The version of the tracking configuration it was treated with.
    pub config_version: u32,
    /// Ids that platforms take in clear.
    #[serde(borrow)]
    pub ids: Vec<ClearId<'a>>,
    /// Identifiers that platforms take as hashes.
    pub hashes: Vec<OutboundHash>,
}

/// A row is larger than [`ROW_BYTES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is larger than can be handed on")]
pub struct RowTooLarge;

/// Bytes that grow at their end.
pub(super) struct ByteSink<'v>(pub &'v mut Vec<u8>);

impl Extend<u8> for ByteSink<'_> {
    fn extend<I: IntoIterator<Item = u8>>(&mut self, bytes: I) {
        self.0.extend(bytes);
    }
}

impl<'a> OutboundEvent<'a> {
    /// Whether it has a hash of an identifier.
    pub fn has_hash(&self, key: IdentifierKey) -> bool {
        self.hashes.iter().any(|one| one.key == key)
    }

    /// The id of a kind, where there is one.
    pub fn id(&self, kind: ClearIdKind) -> Option<&'a str> {
        self.ids.iter().find(|id| id.kind == kind).map(|id| id.value)
    }
}

impl OutboundEvent<'_> {
    /// Adds the row's bytes with their length before them. On an error nothing is added.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) -> Result<(), RowTooLarge> {
        let start = bytes.len();
        bytes.extend_from_slice(&[0; 4]);
        let added = postcard::to_extend(self, ByteSink(bytes)).is_ok();
        let length = bytes.len() - start - 4;
        if !added || length > ROW_BYTES_MAX {
            bytes.truncate(start);
            return Err(RowTooLarge);
        }
        let prefix = u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
        bytes[start..start + 4].copy_from_slice(&prefix);
        Ok(())
    }

    /// The first row of these bytes, and the bytes behind it; `None` where they hold none.
    pub(super) fn decode(bytes: &[u8]) -> Option<(OutboundEvent<'_>, &[u8])> {
        let (prefix, rest) = bytes.split_first_chunk::<4>()?;
        let (row, rest) = rest.split_at_checked(u32::from_le_bytes(*prefix) as usize)?;
        Some((postcard::from_bytes(row).ok()?, rest))
    }
}
