//! The daily features of a campaign: one piece of code for training, back-testing and serving. A
//! day's features come from the calendar, from spend up to that day (a decision, known ahead) and
//! from what was known before it; nothing is made of the target, of impressions, clicks or
//! conversions of the day itself, which are outcomes.

use super::calendar::{self, Calendar};
use super::history::History;
use crate::response::adstock;

/// The number of features of a day.
pub(super) const WIDTH: usize = calendar::WIDTH + 2;

/// Where the campaign's youth stands among the features.
pub(super) const YOUTH: usize = calendar::WIDTH;
/// Where match quality stands among the features.
pub(super) const QUALITY: usize = calendar::WIDTH + 1;

/// The features that effects are fitted to, in order.
pub const FEATURES: [&str; WIDTH] = {
    let mut names = [""; WIDTH];
    let mut at = 0;
    while at < calendar::WIDTH {
        names[at] = calendar::NAMES[at];
        at += 1;
    }
    names[YOUTH] = "first_fortnight";
    names[QUALITY] = "match_quality";
    names
};

/// Days in which a platform learns a new campaign.
const YOUNG_DAYS: i32 = 14;

/// The features of a campaign's days.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Adstocked spend a day.
    pub adstock: Vec<f64>,
    /// Adstocked spend after saturation, in units of spend.
    pub exposure: Vec<f64>,
    /// [`FEATURES`] a day.
    pub features: Vec<[f64; WIDTH]>,
}

/// The curve from spend to exposure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Saturation {
    /// Adstock carried from a day to the next, 0 to below 1.
    pub decay: f64,
    /// One over the adstocked spend at which a unit brings half of the first; 0 is a straight line.
    pub bend: f64,
}

impl Saturation {
    /// The exposure of an adstocked spend.
    pub fn exposure(&self, adstock: f64) -> f64 {
        adstock / (1.0 + adstock * self.bend)
    }
}

/// Facts of days beside a campaign's own figures.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    pub calendar: Calendar,
    /// Scores of the platform's match quality by day (days since 1970), 0 to 10, oldest first.
    pub quality: Vec<(i32, f64)>,
    /// Whether the year's course can be told.
    pub yearly: bool,
}

impl Frame {
    /// The features of the days before `end` (days since 1970). What comes at or after `end` is
    /// not looked at.
    pub(super) fn of(
        history: &History,
        end: i32,
        saturation: Saturation,
        around: &Surroundings,
    ) -> Frame {
        let length = history.length_until(end);
        let adstock = adstock(&history.spend[..length], saturation.decay);
        let exposure = adstock.iter().map(|one| saturation.exposure(*one)).collect();
        let days = (history.first..).take(length);
        let features = days.map(|day| around.features(history.first, day)).collect();
        Frame { adstock, exposure, features }
    }
}

impl Surroundings {
    /// The features of one day of a campaign that began on `first`.
    pub fn features(&self, first: i32, day: i32) -> [f64; WIDTH] {
        let mut all = [0.0; WIDTH];
        all[..calendar::WIDTH].copy_from_slice(&self.calendar.day(day, self.yearly));
        all[YOUTH] = f64::from(u8::from(day.saturating_sub(first) < YOUNG_DAYS));
        // The newest score from before the day, about the middle of the scale.
        let before = self.quality.partition_point(|(scored, _)| *scored < day).checked_sub(1);
        let score = before.and_then(|at| self.quality.get(at)).map_or(0.0, |one| one.1 - 5.0);
        all[QUALITY] = score / 5.0;
        all
    }
}
