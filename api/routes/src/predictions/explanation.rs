//! The parts of a forecast that explain it: its trend, its drivers, and the source of its response curve.

use serde::Serialize;
use stratum_forecast::{Direction, Known, Outlook, Trend};
use utoipa::ToSchema;

/// The direction of a trend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrendDirection {
    /// ROAS rises, beyond chance.
    Rising,
    /// ROAS falls, beyond chance.
    Falling,
    /// The change cannot be distinguished from chance.
    Steady,
    /// There are too few weeks.
    Unknown,
}

impl From<Direction> for TrendDirection {
    fn from(direction: Direction) -> TrendDirection {
        match direction {
            Direction::Rising => TrendDirection::Rising,
            Direction::Falling => TrendDirection::Falling,
            Direction::Steady => TrendDirection::Steady,
            Direction::Unknown => TrendDirection::Unknown,
        }
    }
}

/// The trend of a campaign's ROAS over its last weeks with spend.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Trend)]
pub struct TrendItem {
    /// `rising` or `falling` where chance alone would cause such a trend less than once in twenty times;
    /// otherwise `steady`, or `unknown` with too few weeks.
    direction: TrendDirection,
    /// Median change of ROAS per week; null with too few weeks.
    change_a_week: Option<f64>,
    /// Probability that chance alone causes such a trend; null with too few weeks.
    p_value: Option<f64>,
    /// The number of weeks, at most 12.
    weeks: usize,
}

impl From<Trend> for TrendItem {
    fn from(trend: Trend) -> TrendItem {
        TrendItem {
            direction: trend.direction.into(),
            change_a_week: trend.change_a_week,
            p_value: trend.p_value,
            weeks: trend.weeks,
        }
    }
}

/// One cause of a predicted ROAS.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Driver)]
pub struct DriverItem {
    /// The name, in words.
    name: String,
    /// The part of the predicted ROAS; negative where it lowers it. All drivers add up to `predicted_roas`.
    effect: f64,
}

impl DriverItem {
    /// The drivers of a forecast.
    pub fn of(outlook: &Outlook<'_>) -> Vec<DriverItem> {
        let drivers = outlook.drivers().into_iter();
        drivers.map(|driver| DriverItem { name: driver.name, effect: driver.effect }).collect()
    }
}

/// The source of a response curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResponseSource {
    /// The campaign's own days.
    Own,
    /// Other campaigns of the platform.
    Platform,
    /// None: spend never varied enough.
    Unknown,
}

impl From<Known> for ResponseSource {
    fn from(source: Known) -> ResponseSource {
        match source {
            Known::Own => ResponseSource::Own,
            Known::Platform => ResponseSource::Platform,
            Known::Unknown => ResponseSource::Unknown,
        }
    }
}
