//! From a scan in clear text to a canonical event without any: the only road between the two leads
//! through `redact`.

use std::borrow::Cow;
use std::sync::Arc;

use bumpalo::Bump;
use stratum_models::delivery::DatasetSeal;
use stratum_models::dialect::Dialect;
use stratum_models::directory::DatasetConfig;
use stratum_models::entropy::Entropy;
use stratum_models::event::{ConversionEvent, DedupKey, PURCHASE};
use stratum_models::event_name::StandardEvent;
use stratum_models::identifier::{HashedIdentifier, IdentifierKey, IdentifierMask};
use stratum_models::platform::{ActionSource, Channel, Platform};
use stratum_models::seal::TenantKeys;
use stratum_models::time::{Day, UnixMillis};
use stratum_models::tracking::{EventIdSource, TrackingPolicy};

use super::{EventScan, IdentifierValue, ParsedRequest, outbound};
use crate::envelope::OutboundRows;
use crate::limits::RowLimits;
use crate::redact::{Page, Person, RedactRules, click_id, page};

/// The longest host name of DNS.
const HOST_BYTES_MAX: usize = 255;

/// The facts that all events of a request share.
pub struct Canon<'a> {
    /// The wire format they came in.
    pub dialect: Dialect,
    /// The treatment of the dataset's events; of several datasets, the first.
    pub config: &'a DatasetConfig,
    /// The treatments of the further datasets of the request, by their places: all of one tenant.
    pub others: &'a [&'a DatasetConfig],
    /// The keys that its tenant's identifiers are sealed with.
    pub keys: &'a TenantKeys,
    /// The time of receipt.
    pub now: UnixMillis,
    /// Bounds.
    pub limits: &'a RowLimits,
    /// Holds what the events borrow.
    pub arena: &'a Bump,
}

impl<'a> Canon<'a> {
    /// The events of a request none of whose events has a fault.
    pub fn events(
        &self,
        request: &ParsedRequest<'a>,
        person: &mut Person,
    ) -> Vec<ConversionEvent<'a>> {
        self.events_and_outbound(request, None, person).0
    }

    /// The same, and what is handed on of those that destinations of their dataset want, by dataset. Ids of
    /// events that have none come from `entropy`; without it nothing is handed on.
    pub fn events_and_outbound(
        &self,
        request: &ParsedRequest<'a>,
        entropy: Option<&dyn Entropy>,
        person: &mut Person,
    ) -> (Vec<ConversionEvent<'a>>, Vec<(Arc<DatasetSeal>, OutboundRows)>) {
        let mut events = Vec::with_capacity(request.events.len());
        let mut lots = Vec::new();
        // The zone is the tenant's.
        let mut days = Days { config: self.config, last: None };
        let (mut identifiers, mut ends) = (Vec::new(), Vec::with_capacity(request.events.len()));
        for scan in &request.events {
            let given = request.given.get(scan.given.clone()).unwrap_or_default();
            let day = days.day(scan.event_time.unwrap_or(self.now));
            let outbound = entropy.zip(self.config_of(scan).delivery.as_ref());
            let name = scan.event_name.unwrap_or_default();
            let outbound = outbound.filter(|(_, sealing)| sealing.wants(name, request.test));
            person.set_wants_countable(outbound.is_some());
            let (event, given) = self.event(scan, given, request.test, day, person);
            if let Some((entropy, sealing)) = outbound {
                let rows = outbound::rows_of(&mut lots, sealing);
                outbound::add(self, entropy, (scan, &given), &event, person, rows);
            }
            events.push(event);
            identifiers.extend_from_slice(person.identifiers());
            ends.push(identifiers.len());
        }
        self.seal(&identifiers, &ends, &mut events);
        (events, lots)
    }

    /// Gives each event its identifiers sealed: all of a request at once, side by side.
    fn seal(
        &self,
        identifiers: &[HashedIdentifier],
        ends: &[usize],
        events: &mut [ConversionEvent<'a>],
    ) {
        let mut sealed = Vec::with_capacity(identifiers.len());
        self.keys.seal(identifiers, &mut sealed);
        let mut rest = &*self.arena.alloc_slice_copy(&sealed);
        let mut start = 0;
        for (event, end) in events.iter_mut().zip(ends) {
            (event.identifiers, rest) = rest.split_at(end - start);
            start = *end;
        }
    }

    /// The event, and the values that its person is known by: those that were given, and what repairs put in
    /// their place.
    fn event<'g>(
        &self,
        scan: &EventScan<'a>,
        given: &'g [IdentifierValue<'a>],
        test: bool,
        event_date: Day,
        person: &mut Person,
    ) -> (ConversionEvent<'a>, Cow<'g, [IdentifierValue<'a>]>) {
        // The rules have seen to it that these are there.
        let event_time = scan.event_time.unwrap_or(self.now);
        let event_name = scan.event_name.unwrap_or_default();
        let config = self.config_of(scan);
        let page = scan.url.map(page).unwrap_or_default();
        let rules = RedactRules { config, now: self.now, event_time };
        let given = self.identify(&rules, given, (scan.url, &page), person);
        let (event_id, derived, derivable) = self.event_id_of(scan);
        let currency = scan.currency.flatten();
        let campaign_id = scan.campaign_id.or(page.campaign_id).filter(|id| self.is_short(id));
        let event = ConversionEvent {
            tenant_id: config.tenant_id,
            dialect: self.dialect,
            platform: self.dialect.platform(),
            dataset_id: &config.dataset_id,
            event_name: self.name(event_name, person),
            event_time,
            received_at: self.now,
            event_date,
            action_source: scan.action_source.unwrap_or(ActionSource::Other),
            channel: if scan.from_browser { Channel::Browser } else { Channel::Server },
            // Of the texts as sent: what redaction does depends on the rest of the event.
            dedup_key: event_id.map(|id| self.dedup_key(config, event_name, id)),
            event_id: event_id.map(|id| self.text(id, person)),
            order_id: scan.order_id.map(|id| self.text(id, person)),
            // An amount of an unknown currency says nothing.
            value_micros: scan.value_micros.filter(|_| currency.is_some()),
            currency,
            campaign_id: campaign_id.map_or("", |id| self.text(id, person)),
            valid: person.valid(),
            invalid: self.arena.alloc_slice_copy(person.invalid()),
            identifiers: &[],
            test,
            opt_out: scan.opt_out,
            limited_data_use: scan.limited_data_use,
            country: person.country().map(|country| &*self.arena.alloc_str(country)),
            device: person.device(),
            source_host: page.host.filter(|host| host.len() <= HOST_BYTES_MAX),
            config_version: config.version,
            derived: IdentifierMask(person.derived().0 | derived.0),
            derivable: IdentifierMask(person.derivable().0 | derivable.0),
        };
        (event, given)
    }

    /// The id that copies of an event are told by, and the marks of the repair that gives it one: that it did, and
    /// that it would.
    pub(super) fn event_id_of(
        &self,
        scan: &EventScan<'a>,
    ) -> (Option<&'a str>, IdentifierMask, IdentifierMask) {
        const NONE: IdentifierMask = IdentifierMask::EMPTY;
        let order_id = scan.order_id.filter(|_| scan.event_name == Some(PURCHASE));
        let (Some(order_id), None) = (order_id, scan.event_id) else {
            return (scan.event_id, NONE, NONE);
        };
        match self.config_of(scan).policy.event_id {
            EventIdSource::FromOrder => (Some(order_id), TrackingPolicy::EVENT_ID, NONE),
            EventIdSource::Sent => (None, NONE, TrackingPolicy::EVENT_ID),
        }
    }

    fn config_of(&self, scan: &EventScan<'a>) -> &'a DatasetConfig {
        let other = scan.dataset.checked_sub(1).and_then(|place| self.others.get(place));
        other.copied().unwrap_or(self.config)
    }

    fn identify<'g>(
        &self,
        rules: &RedactRules<'_>,
        given: &'g [IdentifierValue<'a>],
        (url, page): (Option<&'a str>, &Page<'a>),
        person: &mut Person,
    ) -> Cow<'g, [IdentifierValue<'a>]> {
        person.clear();
        for given in given {
            person.add(given.key, given.value, rules);
        }
        if person.has_repairable() {
            for given in given {
                person.repair(given.key, given.value, rules);
            }
        }
        let mut known = Cow::Borrowed(given);
        if page.click_id.is_some()
            && !person.valid().has(IdentifierKey::ClickId)
            && let Some(value) = url.and_then(|url| self.click_id_of(url, rules))
            && person.take_click_id(value, rules)
        {
            let others = given.iter().filter(|one| one.key != IdentifierKey::ClickId);
            let derived = IdentifierValue { key: IdentifierKey::ClickId, value, kind: None };
            known = Cow::Owned(others.copied().chain([derived]).collect());
        }
        person.hash();
        known
    }

    /// The click id in the address of a page, in the form that the dataset's platform takes.
    fn click_id_of(&self, url: &'a str, rules: &RedactRules<'_>) -> Option<&'a str> {
        let platform = rules.config.platform?;
        let id = click_id(url, platform)?;
        Some(match platform {
            // As Meta's own pixel writes it into its cookie, at the time of the visit.
            Platform::Meta => self.arena.alloc_str(&format!("fb.1.{}.{id}", rules.event_time.0)),
            _ => id,
        })
    }

    fn dedup_key(&self, config: &DatasetConfig, event_name: &str, event_id: &str) -> DedupKey {
        let platform = self.dialect.platform();
        DedupKey::of(config.tenant_id, platform, &config.dataset_id, event_name, event_id)
    }

    fn name(&self, name: &'a str, person: &Person) -> &'a str {
        if StandardEvent::parse(name).is_some() { name } else { self.text(name, person) }
    }

    fn text(&self, text: &'a str, person: &Person) -> &'a str {
        match person.text(text, self.keys) {
            std::borrow::Cow::Borrowed(text) => text,
            std::borrow::Cow::Owned(text) => self.arena.alloc_str(&text),
        }
    }

    fn is_short(&self, text: &str) -> bool {
        text.len() <= self.limits.text_bytes_max
    }
}

/// The day of an instant, remembered: the events of a request lie close together.
struct Days<'a> {
    config: &'a DatasetConfig,
    last: Option<(i64, Day)>,
}

impl Days<'_> {
    /// No zone has changed its offset at anything but a quarter of an hour for decades.
    const QUARTER_MS: i64 = 900_000;

    fn day(&mut self, instant: UnixMillis) -> Day {
        let quarter = instant.0.div_euclid(Days::QUARTER_MS);
        match self.last {
            Some((last, day)) if last == quarter => day,
            _ => {
                let day = instant.day_in(self.config.time_zone);
                self.last = Some((quarter, day));
                day
            }
        }
    }
}
