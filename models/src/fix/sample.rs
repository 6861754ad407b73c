//! A figure over events that come hour by hour, with intervals that hold however often one looks.
//!
//! Events of one hour are alike (a campaign starts, a page breaks), so fewer count than there are: `spread` says how
//! many events count as one. And whoever looks again and again, and stops once a difference shows, finds one where
//! there is none; so what is still growing has an asymptotic confidence sequence (Waudby-Smith and others, 2024),
//! which holds at all times at once.

use serde::{Deserialize, Serialize};

/// The quantile of the normal distribution that leaves 2.5 % above it.
const NORMAL_95: f64 = 1.959_964;
/// The share of sequences that may miss the truth at any time.
const MISSED: f64 = 0.05;
/// The hours at which a sequence is narrowest.
const NARROWEST_HOURS: f64 = 72.0;

/// Sums over the events of an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HourSums {
    /// The number of events.
    pub events: u64,
    /// The sum of their figures.
    pub sum: f64,
    /// The sum of the squares of these.
    pub squares: f64,
}

impl HourSums {
    /// Adds events that share a figure.
    pub fn add(&mut self, figure: f64, events: u64) {
        self.events += events;
        self.sum += figure * events as f64;
        self.squares += figure * figure * events as f64;
    }
}

/// A figure over the events of some hours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    hours: Vec<HourSums>,
    total: HourSums,
}

/// A figure with the interval that holds it with 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The number of events it is of.
    pub events: u64,
    /// The figure.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

impl Sample {
    /// The sample of these hours; hours without events are passed over.
    pub fn of(hours: impl IntoIterator<Item = HourSums>) -> Sample {
        let mut sample = Sample::default();
        for hour in hours {
            sample.push(hour);
        }
        sample
    }

    /// Adds an hour.
    pub fn push(&mut self, hour: HourSums) {
        if hour.events > 0 {
            self.total.events += hour.events;
            self.total.sum += hour.sum;
            self.total.squares += hour.squares;
            self.hours.push(hour);
        }
    }

    /// The number of events.
    pub fn events(&self) -> u64 {
        self.total.events
    }

    /// The mean of the figure; `None` without events.
    pub fn mean(&self) -> Option<f64> {
        (self.total.events > 0).then(|| self.total.sum / self.total.events as f64)
    }

    fn variance(&self, mean: f64) -> f64 {
        (self.total.squares / self.total.events as f64 - mean * mean).max(0.0)
    }

    /// The number of events that count as one, at least 1: by how much more the hours differ than independent events
    /// would.
    fn spread(&self, mean: f64) -> f64 {
        let expected = self.total.events as f64 * self.variance(mean);
        if expected <= 0.0 {
            return 1.0;
        }
        let differences = self.hours.iter().map(|hour| hour.sum - hour.events as f64 * mean);
        (differences.map(|difference| difference * difference).sum::<f64>() / expected).max(1.0)
    }

    /// The figure of a sample that does not grow any more; `None` without events.
    pub fn estimate(&self) -> Option<Estimate> {
        let mean = self.mean()?;
        let count = self.total.events as f64 / self.spread(mean);
        let half = NORMAL_95 * (self.variance(mean) / count).sqrt();
        Some(Estimate {
            events: self.total.events,
            value: mean,
            low: mean - half,
            high: mean + half,
        })
    }

    /// The figure of a sample that has been growing for so many hours and is looked at again and again; `None`
    /// without events.
    pub fn growing(&self, hours: f64) -> Option<Estimate> {
        let mean = self.mean()?;
        let count = self.total.events as f64 / self.spread(mean);
        let narrowest = (count / hours.max(1.0) * NARROWEST_HOURS).max(1.0);
        let log = -2.0 * MISSED.ln();
        let rho_squared = (log + log.ln() + 1.0) / narrowest;
        let grown = count * rho_squared + 1.0;
        let width = 2.0 * grown / (count * count * rho_squared) * (grown.sqrt() / MISSED).ln();
        let half = (self.variance(mean) * width).sqrt();
        Some(Estimate {
            events: self.total.events,
            value: mean,
            low: mean - half,
            high: mean + half,
        })
    }

    /// Wilson's interval of a share.
    fn share(&self) -> Option<Estimate> {
        let mean = self.mean()?;
        let count = self.total.events as f64 / self.spread(mean);
        let square = NORMAL_95 * NORMAL_95;
        let centre = (mean + square / (2.0 * count)) / (1.0 + square / count);
        let half = NORMAL_95 / (1.0 + square / count)
            * (mean * (1.0 - mean) / count + square / (4.0 * count * count)).sqrt();
        let (low, high) = (centre - half, centre + half);
        Some(Estimate { events: self.total.events, value: mean, low, high })
    }
}

/// By how much the share of `after`, which has been growing for so many hours, is above that of `before`, which does
/// not grow (Newcombe's square-and-add); `None` where one of them is empty.
pub fn difference(before: &Sample, after: &Sample, hours: f64) -> Option<Estimate> {
    let (before, after) = (before.share()?, after.growing(hours)?);
    let value = after.value - before.value;
    let below = (after.value - after.low).hypot(before.high - before.value);
    let above = (after.high - after.value).hypot(before.value - before.low);
    let (low, high) = (value - below, value + above);
    Some(Estimate { events: after.events, value, low, high })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::fix::{Verdict, verdict};

    const WINDOW_HOURS: usize = 168;
    const LEAST: f64 = 0.02;

    fn uniform(chance: &mut Chance) -> f64 {
        (chance.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(chance: &mut Chance) -> f64 {
        let radius = (-2.0 * (1.0 - uniform(chance)).ln()).sqrt();
        radius * (std::f64::consts::TAU * uniform(chance)).cos()
    }

    /// An hour of about so many events, of which a share that varies from hour to hour has the identifier.
    fn hour(chance: &mut Chance, events: f64, share: f64, varies: f64) -> HourSums {
        let share = (share + varies * normal(chance)).clamp(0.0, 1.0);
        let count = (events + events.sqrt() * normal(chance)).round().max(1.0);
        let noise = (count * share * (1.0 - share)).sqrt() * normal(chance);
        let with = (count * share + noise).round().clamp(0.0, count);
        HourSums { events: count as u64, sum: with, squares: with }
    }

    /// Looks at a run every hour for a week; the hour at which it succeeds.
    fn run(chance: &mut Chance, events: f64, varies: f64, effect: f64) -> Option<usize> {
        let before = Sample::of((0..WINDOW_HOURS).map(|_| hour(chance, events, 0.4, varies)));
        let mut after = Sample::default();
        (1..=WINDOW_HOURS).find(|hours| {
            after.push(hour(chance, events, 0.4 + effect, varies));
            let estimate = difference(&before, &after, *hours as f64).unwrap();
            verdict(*hours as f64, Some(estimate), LEAST) == Verdict::Succeeded
        })
    }

    fn found(seed: u64, runs: usize, events: f64, varies: f64, effect: f64) -> usize {
        let mut chance = Chance::new(seed);
        (0..runs).filter(|_| run(&mut chance, events, varies, effect).is_some()).count()
    }

    #[test]
    fn of_a_thousand_runs_without_an_effect_one_in_twenty_succeeds_at_most() {
        let alike = found(1, 250, 20.0, 0.0, 0.0) + found(2, 250, 200.0, 0.0, 0.0);
        let varied = found(3, 250, 20.0, 0.03, 0.0) + found(4, 250, 200.0, 0.03, 0.0);
        assert!(alike + varied <= 50, "{alike} and {varied} of 500 each");
    }

    #[test]
    fn an_effect_is_found() {
        let few = found(5, 50, 20.0, 0.0, 0.06);
        let many = found(6, 50, 200.0, 0.0, 0.04);
        assert!(few >= 45 && many >= 48, "{few} and {many} of 50 each");
    }

    #[test]
    fn an_interval_narrows_and_is_never_narrower_than_a_fixed_one() {
        let mut chance = Chance::new(7);
        let mut sample = Sample::default();
        let mut widths = Vec::new();
        for hours in 1..=WINDOW_HOURS {
            sample.push(hour(&mut chance, 100.0, 0.3, 0.0));
            let (fixed, growing) =
                (sample.estimate().unwrap(), sample.growing(hours as f64).unwrap());
            assert!(growing.low <= fixed.low && fixed.high <= growing.high, "{hours}");
            widths.push(growing.high - growing.low);
        }
        assert!(widths[WINDOW_HOURS - 1] < widths[10] / 2.0);
    }

    #[test]
    fn hours_that_differ_count_as_fewer_events() {
        let of = |sums: [f64; 4]| {
            Sample::of(sums.map(|sum| HourSums { events: 100, sum, squares: sum }))
        };
        let width = |sample: Sample| {
            let estimate = sample.estimate().unwrap();
            estimate.high - estimate.low
        };
        assert!(width(of([10.0, 90.0, 10.0, 90.0])) > 3.0 * width(of([50.0; 4])));
    }

    #[test]
    fn nothing_says_nothing_and_what_is_alike_is_certain() {
        assert_eq!(Sample::default().estimate(), None);
        assert_eq!(difference(&Sample::default(), &Sample::default(), 9.0), None);
        let all = Sample::of([HourSums { events: 9, sum: 9.0, squares: 9.0 }]);
        let estimate = all.growing(1.0).unwrap();
        assert_eq!((estimate.low, estimate.value, estimate.high), (1.0, 1.0, 1.0));
    }
}
