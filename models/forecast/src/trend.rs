//! Whether ROAS rises or falls, by the test of Mann and Kendall.

use serde::{Deserialize, Serialize};

use super::history::History;

const WEEKS: usize = 12;
const WEEKS_MIN: usize = 6;
/// A trend is one when chance would make as much of it less often than this.
const CHANCE_MAX: f64 = 0.05;

/// Where ROAS goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// It rises, beyond chance.
    Rising,
    /// It falls, beyond chance.
    Falling,
    /// Neither can be told from chance.
    Steady,
    /// Too few weeks to tell.
    Unknown,
}

/// The trend of the last weeks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// Where it goes.
    pub direction: Direction,
    /// Median change of ROAS a week; `None` with too few weeks.
    pub change_a_week: Option<f64>,
    /// The probability that chance alone would make as much of a trend.
    pub p_value: Option<f64>,
    /// Weeks looked at.
    pub weeks: usize,
}

impl Trend {
    /// Of the last twelve whole weeks with spend.
    pub(super) fn of(history: &History) -> Trend {
        let length = history.spend.len();
        let weeks = (1..=WEEKS.min(length / 7)).rev().filter_map(|back| {
            let days = length - 7 * back..length - 7 * (back - 1);
            let spend: f64 = history.spend[days.clone()].iter().sum();
            let revenue: f64 = history.revenue[days].iter().sum();
            (spend > 0.0).then(|| revenue / spend)
        });
        Trend::of_values(&weeks.collect::<Vec<f64>>())
    }

    fn of_values(values: &[f64]) -> Trend {
        let weeks = values.len();
        if weeks < WEEKS_MIN {
            let direction = Direction::Unknown;
            return Trend { direction, change_a_week: None, p_value: None, weeks };
        }
        let mut slopes = Vec::new();
        for late in 1..weeks {
            for early in 0..late {
                slopes.push((values[late] - values[early]) / (late - early) as f64);
            }
        }
        let sum: f64 =
            slopes.iter().map(|slope| if *slope == 0.0 { 0.0 } else { slope.signum() }).sum();
        slopes.sort_by(f64::total_cmp);
        let change = slopes[slopes.len() / 2];
        let n = weeks as f64;
        let variance = n * (n - 1.0) * (2.0 * n + 5.0) / 18.0;
        let z = (sum.abs() - 1.0).max(0.0) / variance.sqrt();
        let p_value = two_sided(z);
        let direction = match p_value < CHANCE_MAX {
            true if sum > 0.0 => Direction::Rising,
            true => Direction::Falling,
            false => Direction::Steady,
        };
        Trend { direction, change_a_week: Some(change), p_value: Some(p_value), weeks }
    }
}

/// The probability that a normal variable lies further out than `z`, on either side; by the approximation of
/// Abramowitz and Stegun (7.1.26), exact to 1.5e-7.
fn two_sided(z: f64) -> f64 {
    let x = z / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let series = t
        * (0.254_829_592
            + t * (-0.284_496_736
                + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    (series * (-x * x).exp()).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_is_told_from_chance() {
        let rising: Vec<f64> = (0..10).map(f64::from).collect();
        assert_eq!(Trend::of_values(&rising).direction, Direction::Rising);
        assert_eq!(Trend::of_values(&rising).change_a_week, Some(1.0));
        let falling: Vec<f64> = rising.iter().rev().copied().collect();
        assert_eq!(Trend::of_values(&falling).direction, Direction::Falling);
        let up_at_the_end = [2.0, 3.0, 2.5, 2.8, 2.2, 2.6, 2.4, 3.1];
        assert_eq!(Trend::of_values(&up_at_the_end).direction, Direction::Steady);
        assert_eq!(
            Trend::of_values(&[1.0; 8]).p_value,
            Some(1.0).map(|one| two_sided(0.0).min(one))
        );
        assert_eq!(Trend::of_values(&[1.0, 2.0]).direction, Direction::Unknown);
        assert!((two_sided(1.959_964) - 0.05).abs() < 1e-6);
    }
}
