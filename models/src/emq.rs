//! EMQ-est v1: our estimate of Event Match Quality, 0 to 10. The platforms do not publish theirs.
//!
//! Each usable identifier resolves its person with a probability (the *match power* of a weight
//! table); identifiers count as independent, so an event matches with `1 − Π(1 − power)`. The score
//! of many events is ten times their mean probability over that of an event with everything the
//! platform recommends. It depends on the identifier masks alone, so it is an exact sum over counts.

use std::fmt;

use crate::identifier::{IdentifierKey, IdentifierMask};
use crate::platform::{ActionSource, Platform, coded};

/// The quantile of the normal distribution that leaves 2.5 % above it.
const NORMAL_95: f64 = 1.959_964;

/// The version of the formula and of [`WeightTable::of`].
pub const EMQ_VERSION: &str = "emq-est-1";

coded! {
    /// A signal that a person is matched by: an identifier, or a bundle that only counts together.
    Signal {
        /// E-mail address.
        Email = 0 "email",
        /// Phone number.
        Phone = 1 "phone",
        /// Ad click.
        ClickId = 2 "click_id",
        /// First-party cookie.
        BrowserId = 3 "browser_id",
        /// The advertiser's own id.
        ExternalId = 4 "external_id",
        /// IP address.
        ClientIp = 5 "client_ip_address",
        /// User agent.
        UserAgent = 6 "client_user_agent",
        /// Given name, family name and a city or postal code.
        NameAndPlace = 7 "name_and_place",
        /// Login, lead or subscription id.
        PlatformId = 8 "platform_id",
        /// Mobile advertising id.
        MobileAdId = 9 "madid",
    }
}

impl Signal {
    /// Whether an event with these usable identifiers carries the signal.
    pub fn is_in(self, valid: IdentifierMask) -> bool {
        use IdentifierKey as Key;
        match self {
            Signal::Email => valid.has(Key::Email),
            Signal::Phone => valid.has(Key::Phone),
            Signal::ClickId => valid.has(Key::ClickId),
            Signal::BrowserId => valid.has(Key::BrowserId),
            Signal::ExternalId => valid.has(Key::ExternalId),
            Signal::ClientIp => valid.has(Key::ClientIp),
            Signal::UserAgent => valid.has(Key::UserAgent),
            Signal::MobileAdId => valid.has(Key::MobileAdId),
            Signal::NameAndPlace => {
                valid.contains(IdentifierMask::of(&[Key::FirstName, Key::LastName]))
                    && (valid.has(Key::City) || valid.has(Key::Zip))
            }
            Signal::PlatformId => {
                valid.has(Key::LoginId) || valid.has(Key::LeadId) || valid.has(Key::SubscriptionId)
            }
        }
    }
}

/// The match power of each signal on one platform; `None` where the platform does not take it.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightTable {
    /// The platform.
    pub platform: Platform,
    /// Name and number of the table.
    pub version: &'static str,
    powers: [Option<f64>; Signal::ALL.len()],
}

impl WeightTable {
    /// The table in force for a platform.
    pub fn of(platform: Platform) -> WeightTable {
        // Order of Signal: email, phone, click, browser, external, ip, agent, name, platform id, madid.
        let powers: [f64; Signal::ALL.len()] = match platform {
            Platform::Meta => [0.60, 0.50, 0.55, 0.25, 0.35, 0.15, 0.05, 0.30, 0.70, 0.50],
            Platform::Tiktok => [0.55, 0.50, 0.60, 0.25, 0.30, 0.15, 0.05, 0.15, 0.70, 0.50],
            Platform::Snapchat => [0.50, 0.50, 0.60, 0.30, 0.25, 0.15, 0.05, 0.15, 0.70, 0.50],
            Platform::Google => [0.60, 0.40, 0.70, 0.0, 0.0, 0.10, 0.0, 0.30, 0.70, 0.50],
            Platform::Pinterest => [0.55, 0.35, 0.55, 0.0, 0.25, 0.15, 0.05, 0.15, 0.70, 0.50],
            Platform::Linkedin => [0.60, 0.0, 0.60, 0.0, 0.0, 0.0, 0.0, 0.20, 0.30, 0.0],
        };
        let powers = powers.map(|power| (power > 0.0).then_some(power));
        WeightTable { platform, version: EMQ_VERSION, powers }
    }

    /// The match power of a signal.
    pub fn power(&self, signal: Signal) -> Option<f64> {
        self.powers[signal.code().unsigned_abs() as usize]
    }

    /// The same table with every power multiplied by `factor`, at most 1.
    pub fn scaled(&self, factor: f64) -> WeightTable {
        let powers = self.powers.map(|power| power.map(|power| (power * factor).min(1.0)));
        WeightTable { powers, ..*self }
    }

    /// The probability, 0 to 1, that one event with these usable identifiers is matched.
    pub fn match_probability(&self, valid: IdentifierMask) -> f64 {
        let present = Signal::ALL.iter().filter(|signal| signal.is_in(valid));
        1.0 - present.filter_map(|signal| self.power(*signal)).fold(1.0, |miss, p| miss * (1.0 - p))
    }

    /// The identifiers the platform recommends for events that happen at `source`.
    pub fn recommended(&self, source: ActionSource) -> IdentifierMask {
        use IdentifierKey as Key;
        const PERSON: IdentifierMask = IdentifierMask::of(&[
            Key::Email,
            Key::Phone,
            Key::ExternalId,
            Key::FirstName,
            Key::LastName,
            Key::City,
            Key::Zip,
        ]);
        match source {
            ActionSource::Website => PERSON
                .with(Key::ClickId)
                .with(Key::BrowserId)
                .with(Key::ClientIp)
                .with(Key::UserAgent),
            ActionSource::App => {
                PERSON.with(Key::MobileAdId).with(Key::ClientIp).with(Key::UserAgent)
            }
            _ => PERSON,
        }
    }

    /// The score of one event that happened at `source`, 0 to 10.
    pub fn event_score(&self, valid: IdentifierMask, source: ActionSource) -> f64 {
        let full = self.match_probability(self.recommended(source));
        (10.0 * self.match_probability(valid) / full).clamp(0.0, 10.0)
    }
}

/// A score with its band.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmqScore(f64);

coded! {
    /// The grade of a score.
    EmqBand {
        /// Below 4.
        Poor = 1 "poor",
        /// Below 6.
        Ok = 2 "ok",
        /// Below 8.
        Good = 3 "good",
        /// 8 and above.
        Great = 4 "great",
    }
}

impl EmqScore {
    /// The score of these events of one platform; `None` when there are none.
    pub fn of<I>(platform: Platform, masks: I) -> Option<EmqScore>
    where
        I: IntoIterator<Item = (ActionSource, IdentifierMask, u64)>,
    {
        let table = WeightTable::of(platform);
        let (mut sum, mut events) = (0.0, 0u64);
        for (source, valid, count) in masks {
            sum += table.event_score(valid, source) * count as f64;
            events += count;
        }
        (events > 0).then(|| EmqScore(sum / events as f64))
    }

    /// The interval that holds the score of all such events with 95 %, 0 to 10, as far as these are a sample of
    /// them; `None` of fewer than two.
    pub fn interval<I>(platform: Platform, masks: I) -> Option<(f64, f64)>
    where
        I: IntoIterator<Item = (ActionSource, IdentifierMask, u64)>,
    {
        let table = WeightTable::of(platform);
        let (mut sum, mut squares, mut events) = (0.0, 0.0, 0u64);
        for (source, valid, count) in masks {
            let score = table.event_score(valid, source);
            sum += score * count as f64;
            squares += score * score * count as f64;
            events += count;
        }
        if events < 2 {
            return None;
        }
        let count = events as f64;
        let mean = sum / count;
        let variance = ((squares - count * mean * mean) / (count - 1.0)).max(0.0);
        let half = NORMAL_95 * (variance / count).sqrt();
        Some(((mean - half).max(0.0), (mean + half).min(10.0)))
    }

    /// 0 to 10, one decimal.
    pub fn out_of_10(self) -> f64 {
        (self.0 * 10.0).round() / 10.0
    }

    /// 0 to 100, whole.
    pub fn out_of_100(self) -> f64 {
        (self.0 * 10.0).round()
    }

    /// The band of the rounded score, so that what is shown and what is said agree.
    pub fn band(self) -> EmqBand {
        match self.out_of_10() {
            score if score < 4.0 => EmqBand::Poor,
            score if score < 6.0 => EmqBand::Ok,
            score if score < 8.0 => EmqBand::Good,
            _ => EmqBand::Great,
        }
    }
}

impl fmt::Display for EmqScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} ({})", self.out_of_10(), self.band())
    }
}

/// The gain that one signal would bring: estimated extra matched events over those matched now, in percent.
/// The range moves the signal's power by 30 % each way. Never add these over signals: they overlap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uplift {
    /// At 70 % of the power.
    pub low_percent: f64,
    /// At the table's power.
    pub percent: f64,
    /// At 130 % of the power.
    pub high_percent: f64,
}

/// The uplift of `signal` if every event carried it; `None` without events, without any match, or
/// where the platform does not take it.
pub fn uplift<I>(platform: Platform, signal: Signal, masks: I) -> Option<Uplift>
where
    I: IntoIterator<Item = (IdentifierMask, u64)>,
{
    let table = WeightTable::of(platform);
    let power = table.power(signal)?;
    let (mut matched, mut missed_without) = (0.0, 0.0);
    for (valid, count) in masks {
        let probability = table.match_probability(valid);
        matched += probability * count as f64;
        if !signal.is_in(valid) {
            missed_without += (1.0 - probability) * count as f64;
        }
    }
    let percent = |power: f64| 100.0 * missed_without * power.min(1.0) / matched;
    (matched > 0.0).then(|| Uplift {
        low_percent: percent(power * 0.7),
        percent: percent(power),
        high_percent: percent(power * 1.3),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use IdentifierKey as Key;
    use proptest::prelude::*;

    fn meta(keys: &[IdentifierKey]) -> f64 {
        let mask = IdentifierMask::of(keys);
        EmqScore::of(Platform::Meta, [(ActionSource::Website, mask, 1)]).unwrap().out_of_10()
    }

    #[test]
    fn public_anchors_of_meta_hold() {
        assert_eq!(meta(&[Key::ClientIp, Key::UserAgent]), 2.0);
        assert_eq!(meta(&[Key::ExternalId]), 3.6);
        assert_eq!(meta(&[Key::BrowserId, Key::ClientIp, Key::UserAgent]), 4.0);
        assert_eq!(meta(&[Key::Email, Key::ClientIp, Key::UserAgent]), 6.9);
        assert_eq!(meta(&[Key::Email, Key::BrowserId, Key::ClientIp, Key::UserAgent]), 7.8);
        let strong = [Key::Email, Key::Phone, Key::BrowserId, Key::ClientIp, Key::UserAgent];
        assert_eq!(meta(&strong), 9.0);
        let all = WeightTable::of(Platform::Meta).recommended(ActionSource::Website);
        let score = EmqScore::of(Platform::Meta, [(ActionSource::Website, all, 3)]).unwrap();
        assert_eq!((score.out_of_10(), score.out_of_100()), (10.0, 100.0));
    }

    #[test]
    fn an_interval_narrows_with_more_events() {
        let (none, all) = (IdentifierMask::default(), IdentifierMask::of(&[Key::Email]));
        let of = |count| {
            let masks = [none, all].map(|mask| (ActionSource::Website, mask, count));
            let score = EmqScore::of(Platform::Meta, masks).unwrap().0;
            let (low, high) = EmqScore::interval(Platform::Meta, masks).unwrap();
            assert!(low < score && score < high, "{low} {score} {high}");
            high - low
        };
        assert!(of(10_000) < of(100) / 9.0 && of(100) < of(2));
        let same = [(ActionSource::Website, all, 50)];
        let (low, high) = EmqScore::interval(Platform::Meta, same).unwrap();
        assert!(high - low < 1e-6, "events that are alike leave no doubt");
        assert_eq!(EmqScore::interval(Platform::Meta, [(ActionSource::Website, all, 1)]), None);
    }

    #[test]
    fn uplift_of_the_documented_mix() {
        let mask =
            IdentifierMask::of(&[Key::BrowserId, Key::ClientIp, Key::UserAgent, Key::ExternalId]);
        let percent = |signal| uplift(Platform::Meta, signal, [(mask, 7)]).unwrap().percent;
        assert!((percent(Signal::Email) - 39.0).abs() < 0.05);
        assert!((percent(Signal::ClickId) - 35.7).abs() < 0.05);
        assert!((percent(Signal::Phone) - 32.5).abs() < 0.05);
        assert!((percent(Signal::NameAndPlace) - 19.5).abs() < 0.05);
    }

    #[test]
    fn nothing_scores_nothing() {
        assert_eq!(EmqScore::of(Platform::Meta, []), None);
        assert_eq!(uplift(Platform::Linkedin, Signal::Phone, [(IdentifierMask(1), 1)]), None);
    }

    proptest! {
        #[test]
        fn one_more_identifier_never_lowers_the_score(mask in 0u32..1 << 20, bit in 0u32..20) {
            for platform in Platform::ALL {
                let score = |mask| {
                    let mask = (ActionSource::Website, IdentifierMask(mask), 1);
                    EmqScore::of(*platform, [mask]).unwrap().0
                };
                let (less, more) = (score(mask & !(1 << bit)), score(mask | 1 << bit));
                prop_assert!(less <= more && (0.0..=10.0).contains(&more));
            }
        }

        #[test]
        fn a_score_of_counts_is_the_score_of_the_events(masks in proptest::collection::vec((0u32..1 << 20, 1u64..5), 1..20)) {
            let counted = masks.iter().map(|(m, n)| (ActionSource::App, IdentifierMask(*m), *n));
            let single = masks.iter().flat_map(|(m, n)| (0..*n).map(|_| (ActionSource::App, IdentifierMask(*m), 1)));
            let (a, b) = (EmqScore::of(Platform::Meta, counted).unwrap(), EmqScore::of(Platform::Meta, single).unwrap());
            prop_assert!((a.0 - b.0).abs() < 1e-9);
        }
    }
}
