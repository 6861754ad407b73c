//! What a destination does with an event before anything is sent.

use stratum_models::delivery::{
    ConsentPolicy, DeliveryMode, DeliveryOutcome, Destination, EventFilter,
};
use stratum_models::platform::ActionSource;
use stratum_models::time::{DAY_MS, UnixMillis};
use stratum_wire::envelope::OutboundEvent;

/// How old an event may be for Meta.
const AGE_MS_MAX: i64 = 7 * DAY_MS;
/// The same of sales in shops.
const STORE_AGE_MS_MAX: i64 = 62 * DAY_MS;

/// The verdict on an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is sent.
    Send,
    /// It came in before the destination took any, and is none of its events.
    Foreign,
    /// It has come to its end without being sent: the outcome and its code.
    End(DeliveryOutcome, &'static str),
}

/// The rules of one destination.
pub struct Judge {
    since: UnixMillis,
    mode: DeliveryMode,
    consent: ConsentPolicy,
    filter: EventFilter,
}

impl Judge {
    /// The rules of a destination.
    pub fn of(destination: &Destination) -> Judge {
        Judge {
            since: destination.since,
            mode: destination.mode,
            consent: destination.consent,
            filter: destination.filter(),
        }
    }

    /// The verdict on an event.
    pub fn verdict(&self, event: &OutboundEvent<'_>, now: UnixMillis) -> Verdict {
        if event.received_at_ms < self.since.0 {
            return Verdict::Foreign;
        }
        if event.is_test && !self.filter.takes_tests {
            return Verdict::End(DeliveryOutcome::Filtered, "test_event");
        }
        if !self.filter.takes(event.event_name, event.is_test) {
            return Verdict::End(DeliveryOutcome::Filtered, "event_name");
        }
        if self.consent == ConsentPolicy::UnrestrictedOnly {
            if event.opt_out {
                return Verdict::End(DeliveryOutcome::Suppressed, "opt_out");
            }
            if event.limited_data_use {
                return Verdict::End(DeliveryOutcome::Suppressed, "limited_data_use");
            }
        }
        if is_too_old(event, now) {
            return Verdict::End(DeliveryOutcome::Expired, "too_old");
        }
        match self.mode {
            DeliveryMode::Shadow => Verdict::End(DeliveryOutcome::Filtered, "shadow"),
            _ => Verdict::Send,
        }
    }
}

/// Whether the platform takes the event no more: it has waited too long.
pub fn is_too_old(event: &OutboundEvent<'_>, now: UnixMillis) -> bool {
    let most = match event.action_source {
        ActionSource::PhysicalStore => STORE_AGE_MS_MAX,
        _ => AGE_MS_MAX,
    };
    now.0.saturating_sub(event.event_time_ms) > most
}

#[cfg(test)]
mod tests {
    use super::super::samples::{NOW, destination, event};
    use super::*;

    #[test]
    fn each_rule_has_its_word() {
        use DeliveryOutcome::{Expired, Filtered, Suppressed};
        let verdict =
            |of: &Destination, event: &OutboundEvent<'_>| Judge::of(of).verdict(event, NOW);
        let live = destination(DeliveryMode::Live);
        assert_eq!(verdict(&live, &event()), Verdict::Send);
        let before = OutboundEvent { received_at_ms: NOW.0 - 1_001, ..event() };
        assert_eq!(verdict(&live, &before), Verdict::Foreign);
        let test = OutboundEvent { is_test: true, ..event() };
        assert_eq!(verdict(&live, &test), Verdict::End(Filtered, "test_event"));
        assert_eq!(verdict(&destination(DeliveryMode::Test), &test), Verdict::Send);
        let names = Some(["Lead".to_owned()].into());
        let leads = Destination { event_names: names, ..live.clone() };
        assert_eq!(verdict(&leads, &event()), Verdict::End(Filtered, "event_name"));
        let limited = OutboundEvent { limited_data_use: true, ..event() };
        let opted_out = OutboundEvent { opt_out: true, ..event() };
        assert_eq!(verdict(&live, &limited), Verdict::Send);
        let strict = Destination { consent: ConsentPolicy::UnrestrictedOnly, ..live.clone() };
        assert_eq!(verdict(&strict, &limited), Verdict::End(Suppressed, "limited_data_use"));
        assert_eq!(verdict(&strict, &opted_out), Verdict::End(Suppressed, "opt_out"));
        let old = OutboundEvent { event_time_ms: NOW.0 - 8 * DAY_MS, ..event() };
        assert_eq!(verdict(&live, &old), Verdict::End(Expired, "too_old"));
        let sold = OutboundEvent { action_source: ActionSource::PhysicalStore, ..old };
        assert_eq!(verdict(&live, &sold), Verdict::Send);
        let shadow = destination(DeliveryMode::Shadow);
        assert_eq!(verdict(&shadow, &event()), Verdict::End(Filtered, "shadow"));
    }
}
