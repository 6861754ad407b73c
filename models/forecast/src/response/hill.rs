//! The two transformations of spend.

use serde::{Deserialize, Serialize};

/// Geometric adstock, scaled so that a steady spend stays what it is: a step's value is `1 - decay`
/// of its spend and `decay` of the value before. Starts from nothing.
pub fn adstock(spend: &[f64], decay: f64) -> Vec<f64> {
    adstock_after(spend, decay, 0.0)
}

/// [`adstock`] that goes on from the value `before`.
pub fn adstock_after(spend: &[f64], decay: f64, before: f64) -> Vec<f64> {
    spend
        .iter()
        .scan(before, |carried, &now| {
            *carried = (1.0 - decay) * now + decay * *carried;
            Some(*carried)
        })
        .collect()
}

/// A saturation curve, `top * x^slope / (x^slope + half^slope)`: concave where `slope <= 1`,
/// S-shaped above.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hill {
    /// The limit that is approached.
    pub top: f64,
    /// The spend at which half of it is reached; above 0.
    pub half: f64,
    /// Steepness; above 0.
    pub slope: f64,
}

impl Hill {
    /// The response to a spend; 0 at or below 0.
    pub fn value(&self, spend: f64) -> f64 {
        if spend <= 0.0 {
            return 0.0;
        }
        // Written with a ratio, so that nothing overflows.
        self.top / (1.0 + (self.half / spend).powf(self.slope))
    }

    /// The response to the next unit of spend. Infinite at 0 where `slope < 1`.
    pub fn marginal(&self, spend: f64) -> f64 {
        if spend <= 0.0 {
            return match self.slope.total_cmp(&1.0) {
                std::cmp::Ordering::Less => f64::INFINITY,
                std::cmp::Ordering::Equal => self.top / self.half,
                std::cmp::Ordering::Greater => 0.0,
            };
        }
        let share = self.value(spend) / self.top;
        if share.is_finite() { self.top * self.slope * share * (1.0 - share) / spend } else { 0.0 }
    }

    /// Whether a further unit never brings more than the one before.
    pub fn is_concave(&self) -> bool {
        self.slope <= 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn steady_spend_is_its_own_adstock() {
        let steady = adstock(&[10.0; 200], 0.8);
        assert!((steady[199] - 10.0).abs() < 1e-9);
        assert_eq!(adstock(&[4.0, 0.0, 0.0], 0.5), [2.0, 1.0, 0.5]);
        assert_eq!(adstock_after(&[0.0, 0.0], 0.5, 8.0), [4.0, 2.0]);
    }

    #[test]
    fn half_of_the_top_is_reached_at_half() {
        let hill = Hill { top: 10.0, half: 3.0, slope: 1.7 };
        assert!((hill.value(3.0) - 5.0).abs() < 1e-12);
        assert_eq!((hill.value(0.0), hill.value(-1.0), hill.marginal(0.0)), (0.0, 0.0, 0.0));
    }

    proptest! {
        #[test]
        fn the_marginal_is_the_derivative(
            half in 0.1f64..1e4, slope in 0.3f64..3.0, at in 0.05f64..20.0,
        ) {
            let hill = Hill { top: 7.0, half, slope };
            let (spend, step) = (at * half, at * half * 1e-6);
            let rise = (hill.value(spend + step) - hill.value(spend - step)) / (2.0 * step);
            prop_assert!((rise - hill.marginal(spend)).abs() <= 1e-4 * rise.abs().max(1e-9));
        }

        #[test]
        fn more_spend_never_brings_less(half in 0.0001f64..1e12, slope in 0.1f64..9.0, a in 0.0f64..1e12, b in 0.0f64..1e12) {
            let hill = Hill { top: 1.0, half, slope };
            let (low, high) = (hill.value(a.min(b)), hill.value(a.max(b)));
            prop_assert!(low.is_finite() && high.is_finite() && low <= high && high <= 1.0);
            prop_assert!(hill.marginal(a) >= 0.0);
        }
    }
}
