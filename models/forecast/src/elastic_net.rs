//! A candidate that learns from all campaigns of a platform how far their returns of late are to be trusted:
//! an elastic net on the relative error of each campaign's weighted mean. Its features are the day's, the
//! returns of longer and shorter periods and of the platform beside that mean, and how far ahead the day is.
//!
//! Only the features' products are kept, so that memory does not grow with days, and the coordinates are
//! descended on them.

use super::frame::{self, Surroundings};
use super::history::History;

/// The penalties that are candidates, in standard deviations of the error.
pub(super) const PENALTIES: [f64; 2] = [0.003, 0.03];
/// How much of the penalty is on absolute coefficients; the rest is on their squares.
const ABSOLUTE: f64 = 0.5;
/// The weighted mean's half-life.
const HALF_LIFE_DAYS: f64 = 14.0;
/// Periods whose returns stand beside the weighted mean, in days.
const PERIODS: [usize; 4] = [7, 28, 91, YEAR_DAYS];
const YEAR_DAYS: usize = 365;
/// Days ahead that are learnt from; later ones are forecast as the last.
const AHEAD_DAYS: usize = 28;
/// Earlier days of a campaign that are learnt from, each a window apart.
const ORIGINS: usize = 26;
/// A mean is not taken for less than this share of the platform's: it is divided by.
const LEAST: f64 = 0.05;
/// Beside noise, an error of this variance relative to the square of the expectation is always possible.
const DRIFT: f64 = 0.05;
/// A day returns at most so many times the mean.
const FACTOR_MAX: f64 = 5.0;
const SWEEPS: usize = 1_000;
const TOLERANCE: f64 = 1e-9;

const WIDTH: usize = frame::WIDTH + PERIODS.len() + 9;

/// A platform's campaigns as the net sees them.
pub(super) struct Returns {
    campaigns: Vec<Record>,
    /// The first day of the platform's sums, as days since 1970.
    first: i32,
    /// Spend and revenue of all campaigns before each day.
    platform: Vec<(f64, f64)>,
}

/// A campaign's sums of spend and revenue before each day; days that were not observed add nothing.
struct Record {
    sums: Vec<(f64, f64)>,
    /// The same with every day counting half after a half-life.
    faded: Vec<(f64, f64)>,
    dispersion: f64,
}

/// What is known of a campaign on the eve of a forecast.
struct Eve {
    /// The weighted mean, revenue for each unit spent.
    level: f64,
    /// Returns of the periods, then of the platform, relative to the level and less 1.
    beside: [f64; PERIODS.len() + 1],
    /// How little sales the level is made of: 0 for many, 1 for none.
    doubt: f64,
    /// Mean spend a day of late.
    spend: f64,
    /// Its logarithm less that of the year's mean.
    rise: f64,
}

/// Sums of products of features with each other and with the error.
struct Products {
    features: Vec<[f64; WIDTH]>,
    error: [f64; WIDTH],
    squares: f64,
    days: f64,
}

/// A fitted net.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ElasticNet {
    coefficients: [f64; WIDTH],
}

impl Record {
    fn of(history: &History, dispersion: f64) -> Record {
        let fade = 0.5f64.powf(1.0 / HALF_LIFE_DAYS);
        let (mut sum, mut faded) = ((0.0, 0.0), (0.0, 0.0));
        let mut record = Record { sums: vec![sum], faded: vec![faded], dispersion };
        for at in 0..history.spend.len() {
            let seen = f64::from(u8::from(history.observed[at]));
            let day = (seen * history.spend[at], seen * history.revenue[at]);
            sum = (sum.0 + day.0, sum.1 + day.1);
            faded = (fade * faded.0 + day.0, fade * faded.1 + day.1);
            record.sums.push(sum);
            record.faded.push(faded);
        }
        record
    }

    /// Spend and revenue of the `days` before the day at this place.
    fn period(&self, at: usize, days: usize) -> (f64, f64) {
        let (to, from) = (self.sums[at], self.sums[at.saturating_sub(days)]);
        (to.0 - from.0, to.1 - from.1)
    }
}

impl Returns {
    /// Of these campaigns with their dispersions. Sums of a day are of earlier days alone.
    pub fn of(campaigns: &[(&History, f64)]) -> Returns {
        let first = campaigns.iter().map(|(history, _)| history.first).min().unwrap_or(0);
        let length = |history: &History| {
            usize::try_from(history.first - first).unwrap_or(0) + history.spend.len()
        };
        let length = campaigns.iter().map(|(history, _)| length(history)).max().unwrap_or(0);
        let mut platform = vec![(0.0, 0.0); length + 1];
        for (history, _) in campaigns {
            let start = usize::try_from(history.first - first).unwrap_or(0);
            for at in (0..history.spend.len()).filter(|at| history.observed[*at]) {
                platform[start + at + 1].0 += history.spend[at];
                platform[start + at + 1].1 += history.revenue[at];
            }
        }
        for at in 1..platform.len() {
            let before = platform[at - 1];
            platform[at] = (platform[at].0 + before.0, platform[at].1 + before.1);
        }
        let campaigns = campaigns.iter().map(|(history, noise)| Record::of(history, *noise));
        Returns { campaigns: campaigns.collect(), first, platform }
    }

    /// Of the platform in the year before a day; `None` without any.
    fn platform(&self, day: i32) -> Option<f64> {
        let at = usize::try_from(day - self.first).ok()?.min(self.platform.len() - 1);
        let (to, from) = (self.platform[at], self.platform[at.saturating_sub(YEAR_DAYS)]);
        let roas = (to.1 - from.1) / (to.0 - from.0);
        (roas > 0.0 && roas.is_finite()).then_some(roas)
    }

    /// `None` where nothing was spent or nothing ever came of it.
    fn eve(&self, campaign: usize, history: &History, length: usize) -> Option<Eve> {
        let record = &self.campaigns[campaign];
        let days = i32::try_from(length).ok()?;
        let platform = self.platform(history.first.saturating_add(days))?;
        let (spend, revenue) = record.faded[length];
        let lately = record.period(length, AHEAD_DAYS).0 / AHEAD_DAYS as f64;
        if spend <= 0.0 || lately <= 0.0 {
            return None;
        }
        let level = (revenue / spend).max(LEAST * platform);
        let relative = |roas: f64| (roas / level - 1.0).clamp(-1.0, 2.0);
        let mut beside = [relative(platform); PERIODS.len() + 1];
        for (one, days) in beside.iter_mut().zip(PERIODS) {
            let (spend, revenue) = record.period(length, days);
            *one = if spend > 0.0 { relative(revenue / spend) } else { 0.0 };
        }
        let doubt = record.dispersion / (record.dispersion + revenue).max(f64::MIN_POSITIVE);
        let year = record.period(length, YEAR_DAYS).0 / length.min(YEAR_DAYS) as f64;
        let rise = (lately / year).ln().clamp(-2.0, 2.0);
        Some(Eve { level, beside, doubt, spend: lately, rise })
    }
}

impl Eve {
    /// The features of a day so far ahead, with this spend.
    fn features(&self, day: &[f64; frame::WIDTH], ahead: usize, spend: f64) -> [f64; WIDTH] {
        let far = ahead.min(AHEAD_DAYS) as f64 / AHEAD_DAYS as f64;
        let [week, .., year, platform] = self.beside;
        let more = (spend / self.spend).max(f64::MIN_POSITIVE).ln().clamp(-2.0, 2.0);
        let (doubt, rise) = (self.doubt, self.rise);
        let mixed =
            [1.0, more, rise, doubt * rise, doubt * year, doubt * platform, far * week, far * year];
        let mut all = [0.0; WIDTH];
        let parts = day.iter().chain(&self.beside).chain(&mixed);
        all.iter_mut().zip(parts).for_each(|(one, part)| *one = *part);
        all
    }
}

impl Products {
    /// Of the campaigns' days before `end`.
    pub fn of(
        returns: &Returns,
        histories: &[&History],
        end: i32,
        around: &Surroundings,
    ) -> Products {
        let mut products = Products {
            features: vec![[0.0; WIDTH]; WIDTH],
            error: [0.0; WIDTH],
            squares: 0.0,
            days: 0.0,
        };
        for (at, history) in histories.iter().enumerate() {
            let length = history.length_until(end);
            let windows = length / AHEAD_DAYS;
            // The first window has nothing before it.
            for back in 1..windows.min(ORIGINS + 1) {
                products.add(returns, (at, history), length - back * AHEAD_DAYS, around);
            }
        }
        products
    }

    fn add(
        &mut self,
        returns: &Returns,
        (at, history): (usize, &History),
        length: usize,
        around: &Surroundings,
    ) {
        let Some(eve) = returns.eve(at, history, length) else { return };
        let dispersion = returns.campaigns[at].dispersion;
        for ahead in 0..AHEAD_DAYS {
            let place = length + ahead;
            let expected = eve.level * history.spend[place];
            if !history.observed[place] || expected <= 0.0 {
                continue;
            }
            let Ok(day) = i32::try_from(place) else { continue };
            let day = around.features(history.first, history.first.saturating_add(day));
            let features = eve.features(&day, ahead, history.spend[place]);
            let error = history.revenue[place] / expected - 1.0;
            let weight = expected / (dispersion + DRIFT * expected);
            for row in 0..WIDTH {
                let weighed = weight * features[row];
                self.error[row] += weighed * error;
                for (sum, feature) in self.features[row].iter_mut().zip(&features[..=row]) {
                    *sum += weighed * feature;
                }
            }
            self.squares += weight * error * error;
            self.days += 1.0;
        }
    }

    fn between(&self, one: usize, two: usize) -> f64 {
        self.features[one.max(two)][one.min(two)]
    }

    /// The net of this penalty, by descent of one coordinate after another; all 0 without days.
    pub fn net(&self, penalty: f64) -> ElasticNet {
        let mut net = ElasticNet { coefficients: [0.0; WIDTH] };
        let scales: [f64; WIDTH] = std::array::from_fn(|at| self.between(at, at).sqrt());
        let total = self.squares.sqrt();
        if total <= 0.0 {
            return net;
        }
        // In units in which every feature and the error have length 1.
        let told = |at: usize| self.error[at] / (scales[at] * total);
        let alike = |one: usize, two: usize| self.between(one, two) / (scales[one] * scales[two]);
        let known: Vec<usize> = (0..WIDTH).filter(|at| scales[*at] > 0.0).collect();
        let mut moved = [0.0f64; WIDTH];
        for _ in 0..SWEEPS {
            let mut largest = 0.0f64;
            for &at in &known {
                let others = known.iter().filter(|other| **other != at);
                let others: f64 = others.map(|other| alike(at, *other) * moved[*other]).sum();
                let left = told(at) - others;
                let shrunk = left.signum() * (left.abs() - ABSOLUTE * penalty).max(0.0);
                let next = shrunk / (1.0 + (1.0 - ABSOLUTE) * penalty);
                largest = largest.max((next - moved[at]).abs());
                moved[at] = next;
            }
            if largest < TOLERANCE {
                break;
            }
        }
        for at in known {
            net.coefficients[at] = moved[at] * total / scales[at];
        }
        net
    }
}

impl ElasticNet {
    /// The nets of all penalties, fitted to the campaigns' days before `end`.
    pub fn all(
        returns: &Returns,
        histories: &[&History],
        end: i32,
        around: &Surroundings,
    ) -> Vec<(f64, ElasticNet)> {
        let products = Products::of(returns, histories, end, around);
        PENALTIES.into_iter().map(|penalty| (penalty, products.net(penalty))).collect()
    }

    /// Revenue of the coming `days` after the first `length` of a campaign, at this spend a day.
    pub fn revenue(
        &self,
        returns: &Returns,
        (at, history): (usize, &History),
        length: usize,
        (spend, days): (f64, usize),
        around: &Surroundings,
    ) -> Vec<f64> {
        let Some(eve) = returns.eve(at, history, length) else { return vec![0.0; days] };
        let first = history.first.saturating_add(i32::try_from(length).unwrap_or(i32::MAX));
        let day = |(ahead, day): (usize, i32)| {
            let features = eve.features(&around.features(history.first, day), ahead, spend);
            let error: f64 = self.coefficients.iter().zip(features).map(|(by, one)| by * one).sum();
            eve.level * spend * (1.0 + error).clamp(0.0, FACTOR_MAX)
        };
        (0..days).zip(first..).map(day).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Calendar;
    use crate::response::solve_spd;
    use stratum_models::ad_report::CampaignDay;
    use stratum_testing::campaigns::{Truth, campaign, last};

    const DAYS: usize = 200;

    fn around() -> Surroundings {
        let end = last().to_epoch_days();
        let calendar = Calendar::of(end - DAYS as i32, end + 90);
        Surroundings { calendar, quality: Vec::new(), yearly: false }
    }

    fn histories(change: impl Fn(&mut CampaignDay)) -> Vec<History> {
        let history = |at| {
            let mut rows = campaign(at, DAYS, Truth::Outside, 3);
            rows.iter_mut().for_each(&change);
            History::of(&rows, last()).unwrap()
        };
        (0..6).map(history).collect()
    }

    fn returns(histories: &[History]) -> (Returns, Vec<&History>) {
        let all: Vec<(&History, f64)> = histories.iter().map(|one| (one, 40.0)).collect();
        (Returns::of(&all), histories.iter().collect())
    }

    #[test]
    fn later_days_change_neither_the_net_nor_its_forecast() {
        let cut = last().to_epoch_days() - 40;
        let forecast = |histories: Vec<History>| {
            let (returns, histories) = returns(&histories);
            let nets = ElasticNet::all(&returns, &histories, cut, &around());
            let history = histories[2];
            let length = history.length_until(cut);
            let revenue = nets[0].1.revenue(&returns, (2, history), length, (20.0, 60), &around());
            assert!(revenue.iter().all(|one| *one > 0.0), "{revenue:?}");
            (nets, revenue)
        };
        let known = forecast(histories(|_| {}));
        let changed = forecast(histories(|day| {
            if day.day.to_epoch_days() >= cut {
                day.revenue_micros *= 7;
                day.spend_micros /= 3;
            }
        }));
        assert_eq!(known, changed);
    }

    #[test]
    fn without_a_penalty_it_is_least_squares_and_with_a_large_one_the_weighted_mean() {
        let histories = histories(|_| {});
        let (returns, histories) = returns(&histories);
        let end = last().to_epoch_days() + 1;
        let products = Products::of(&returns, &histories, end, &around());
        let full: Vec<Vec<f64>> = (0..WIDTH)
            .map(|row| {
                let ridge = 1e-6 * products.between(row, row);
                let entry = |column| {
                    products.between(row, column) + if row == column { ridge } else { 0.0 }
                };
                (0..WIDTH).map(entry).collect()
            })
            .collect();
        let squares = solve_spd(&full, &products.error);
        let explained = |by: &[f64]| -> f64 {
            by.iter().zip(products.error).map(|(one, error)| one * error).sum()
        };
        let free = products.net(1e-9);
        let share = explained(&free.coefficients) / explained(&squares);
        assert!((share - 1.0).abs() < 0.01, "{share}");
        let bound = products.net(10.0);
        assert_eq!(bound.coefficients, [0.0; WIDTH]);
        let history = histories[1];
        let length = history.length_until(end);
        let (spend, revenue) = returns.campaigns[1].faded[length];
        let told = bound.revenue(&returns, (1, history), length, (10.0, 3), &around());
        assert!(told.iter().all(|one| (one / (10.0 * revenue / spend) - 1.0).abs() < 1e-9));
    }

    #[test]
    fn where_nothing_was_spent_or_came_nothing_is_expected() {
        let idle = histories(|day| day.spend_micros = 0);
        let barren = histories(|day| day.revenue_micros = 0);
        for histories in [idle, barren] {
            let (returns, histories) = returns(&histories);
            let end = last().to_epoch_days() + 1;
            let nets = ElasticNet::all(&returns, &histories, end, &around());
            for (_, net) in nets {
                let told = net.revenue(&returns, (0, histories[0]), DAYS, (10.0, 5), &around());
                assert_eq!(told, [0.0; 5]);
            }
        }
    }
}
