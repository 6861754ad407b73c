//! What a destination does with an event before anything is sent.

use stratum_models::delivery::{
    ConsentPolicy, DeliveryMode, DeliveryOutcome, Destination, EventFilter,
};
use stratum_models::time::UnixMillis;
use stratum_wire::dialect::PlatformFormat;
use stratum_wire::envelope::OutboundEvent;

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
    format: &'static dyn PlatformFormat,
}

impl Judge {
    /// The rules of a destination at a platform of this format.
    pub fn of(destination: &Destination, format: &'static dyn PlatformFormat) -> Judge {
        Judge {
            format,
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
        if self.is_too_old(event, now) {
            return Verdict::End(DeliveryOutcome::Expired, "too_old");
        }
        if let Some(code) = self.format.untaken(event) {
            return Verdict::End(DeliveryOutcome::Filtered, code);
        }
        match self.mode {
            DeliveryMode::Shadow => Verdict::End(DeliveryOutcome::Filtered, "shadow"),
            _ => Verdict::Send,
        }
    }

    /// Whether the platform takes the event no more: it has waited too long.
    pub fn is_too_old(&self, event: &OutboundEvent<'_>, now: UnixMillis) -> bool {
        let most = self.format.age_ms_max(event.action_source);
        now.0.saturating_sub(event.event_time_ms) > most
    }
}

#[cfg(test)]
mod tests {
    use stratum_models::platform::ActionSource;
    use stratum_models::time::DAY_MS;

    use super::super::samples::{NOW, destination, event, meta};
    use super::*;

    #[test]
    fn each_rule_has_its_word() {
        use DeliveryOutcome::{Expired, Filtered, Suppressed};
        let verdict =
            |of: &Destination, event: &OutboundEvent<'_>| Judge::of(of, meta()).verdict(event, NOW);
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
