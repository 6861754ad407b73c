//! Repairs of a dataset's events at the door: what of its tracking configuration says how they are treated.

use serde::{Deserialize, Serialize};

use crate::identifier::{IdentifierKey, IdentifierMask};
use crate::name_set;

name_set! {
    /// Where the click id of an event is taken from: `sent`, only from where its sender puts it, or `from_url`,
    /// also from the address of its page where the event has no usable one.
    #[derive(Default)]
    ClickIdSource {
        /// Only what is sent as the click id.
        #[default]
        Sent = "sent",
        /// Where that is missing, the click id in the query of the page's URL.
        FromUrl = "from_url",
    }
}

name_set! {
    /// The rules of normalising identifiers: `v1` takes what the platforms document, `v2` also repairs what `v1` refuses.
    #[derive(Default)]
    Normalization {
        /// The documented forms.
        #[default]
        V1 = "v1",
        /// Values that these refuse are repaired where their meaning is certain.
        V2 = "v2",
    }
}

name_set! {
    /// The id that purchases without an event id are told from their copies by: `sent`, none, or `from_order`,
    /// that of their order, which is taken for their event id.
    #[derive(Default)]
    EventIdSource {
        /// Only by what is sent as the event id.
        #[default]
        Sent = "sent",
        /// Where that is missing, by the id of the order.
        FromOrder = "from_order",
    }
}

/// The repairs in force. A field that is not stored is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrackingPolicy {
    /// Where click ids are taken from.
    pub click_id: ClickIdSource,
    /// The rules of normalising identifiers.
    pub normalization: Normalization,
    /// The id that purchases without an event id are told from their copies by.
    pub event_id: EventIdSource,
}

impl TrackingPolicy {
    /// All repairs that never make an event worse. That an order's number stands for one purchase alone only its
    /// shop knows.
    pub const RECOMMENDED: TrackingPolicy = TrackingPolicy {
        click_id: ClickIdSource::FromUrl,
        normalization: Normalization::V2,
        event_id: EventIdSource::Sent,
    };

    /// The identifiers that the repairs mark in which another policy differs from this one.
    pub fn marks_of_change(self, to: TrackingPolicy) -> IdentifierMask {
        let click_ids = if self.click_id == to.click_id { 0 } else { TrackingPolicy::CLICK_IDS.0 };
        let normalized =
            if self.normalization == to.normalization { 0 } else { TrackingPolicy::NORMALIZED.0 };
        let event_ids = if self.event_id == to.event_id { 0 } else { TrackingPolicy::EVENT_ID.0 };
        IdentifierMask(click_ids | normalized | event_ids)
    }

    /// This policy without a change from `before` to `after`; what else was changed since stays. An error with the
    /// names of the fields of the change that do not hold its value any more.
    pub fn without_change(
        self,
        before: TrackingPolicy,
        after: TrackingPolicy,
    ) -> Result<TrackingPolicy, Vec<&'static str>> {
        let (mut policy, mut changed) = (self, Vec::new());
        if before.click_id != after.click_id {
            if self.click_id != after.click_id {
                changed.push("click_id");
            }
            policy.click_id = before.click_id;
        }
        if before.normalization != after.normalization {
            if self.normalization != after.normalization {
                changed.push("normalization");
            }
            policy.normalization = before.normalization;
        }
        if before.event_id != after.event_id {
            if self.event_id != after.event_id {
                changed.push("event_id");
            }
            policy.event_id = before.event_id;
        }
        if changed.is_empty() { Ok(policy) } else { Err(changed) }
    }

    /// The mark of an event id, which is no identifier of a person: the first bit that is none's.
    pub const EVENT_ID: IdentifierMask = IdentifierMask(1 << 24);

    /// The identifiers that the repair of click ids may add.
    pub const CLICK_IDS: IdentifierMask = IdentifierMask::of(&[IdentifierKey::ClickId]);

    /// The identifiers that the second normalisation may add.
    pub const NORMALIZED: IdentifierMask = IdentifierMask::of(&[
        IdentifierKey::Email,
        IdentifierKey::Phone,
        IdentifierKey::FirstName,
        IdentifierKey::LastName,
        IdentifierKey::Gender,
        IdentifierKey::BirthDate,
        IdentifierKey::City,
        IdentifierKey::State,
        IdentifierKey::Zip,
        IdentifierKey::Country,
    ]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_identifier_is_of_one_repair_at_most() {
        let both = TrackingPolicy::CLICK_IDS.intersection(TrackingPolicy::NORMALIZED);
        assert_eq!(both, IdentifierMask::EMPTY);
        let all = IdentifierMask::of(IdentifierKey::ALL);
        assert_eq!(all.intersection(TrackingPolicy::EVENT_ID), IdentifierMask::EMPTY);
    }

    #[test]
    fn a_change_is_taken_back_alone_and_only_where_it_still_holds() {
        let none = TrackingPolicy::default();
        let clicks = TrackingPolicy { click_id: ClickIdSource::FromUrl, ..none };
        let both = TrackingPolicy::RECOMMENDED;
        assert_eq!(
            both.without_change(none, clicks),
            Ok(TrackingPolicy { click_id: none.click_id, ..both })
        );
        assert_eq!(both.without_change(clicks, both), Ok(clicks));
        assert_eq!(both.without_change(none, both), Ok(none));
        assert_eq!(clicks.without_change(none, both), Err(vec!["normalization"]));
        assert_eq!(none.marks_of_change(clicks), TrackingPolicy::CLICK_IDS);
        assert_eq!(clicks.marks_of_change(both), TrackingPolicy::NORMALIZED);
        assert_eq!(both.marks_of_change(both), IdentifierMask::EMPTY);
        let orders = TrackingPolicy { event_id: EventIdSource::FromOrder, ..both };
        assert_eq!(both.marks_of_change(orders), TrackingPolicy::EVENT_ID);
        assert_eq!(orders.without_change(both, orders), Ok(both));
        assert_eq!(both.without_change(both, orders), Err(vec!["event_id"]));
    }

    #[test]
    fn what_is_not_stored_is_off() {
        let stored: TrackingPolicy = serde_json::from_str(r#"{"click_id": "from_url"}"#).unwrap();
        assert_eq!(stored.click_id, ClickIdSource::FromUrl);
        assert_eq!(stored.normalization, Normalization::V1);
        assert_eq!(
            serde_json::from_str::<TrackingPolicy>("{}").unwrap(),
            TrackingPolicy::default()
        );
    }
}
