//! Constraints that cannot hold together.

use thiserror::Error;

use super::{Channel, Goal, Question};

/// Why no plan exists; the text names what clashes.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Clash {
    /// A number that is none, or is negative.
    #[error("{what} is not a number of 0 or more")]
    Number {
        /// The figure, in words.
        what: String,
    },
    /// A channel's own bounds.
    #[error("{channel}: its minimum {min:.2} is above its maximum {max:.2}")]
    Bounds {
        /// The channel.
        channel: String,
        /// The lower bound.
        min: f64,
        /// The upper bound.
        max: f64,
    },
    /// A group's minimum and the maxima in it.
    #[error("{group}: its minimum {min:.2} is above the maxima of its members, {max:.2} in all")]
    Group {
        /// The group.
        group: String,
        /// The group's minimum.
        min: f64,
        /// The sum that its members may take.
        max: f64,
    },
    /// The minima and the budget.
    #[error(
        "the minima add up to {min:.2}, above the total budget {budget:.2}; largest: {largest}"
    )]
    Budget {
        /// All minima.
        min: f64,
        /// The budget.
        budget: f64,
        /// The largest of them, by name.
        largest: String,
    },
    /// The minima and the wanted ratio.
    #[error(
        "the target {target:.4} cannot be reached: with the minima and this budget the best is {best:.4}"
    )]
    Ratio {
        /// The wanted ratio.
        target: f64,
        /// The best ratio.
        best: f64,
    },
}

impl Question<'_> {
    /// Refuses what cannot hold together, whatever the curves.
    pub(super) fn check(&self) -> Result<(), Clash> {
        let number = |what: &str, value: f64| match value.is_finite() && value >= 0.0 {
            true => Ok(()),
            false => Err(Clash::Number { what: what.to_owned() }),
        };
        number("the total budget", self.budget)?;
        match self.goal {
            Goal::Response => {}
            Goal::Marginal(price) | Goal::Ratio(price) => number("the target", price)?,
        }
        for Channel { name, min, max, .. } in &self.channels {
            number(name, *min)?;
            if max.is_nan() || max < min {
                return Err(Clash::Bounds { channel: name.clone(), min: *min, max: *max });
            }
        }
        self.check_groups()?;
        self.check_budget()
    }

    fn members(&self, group: usize) -> impl Iterator<Item = &Channel<'_>> {
        self.channels.iter().filter(move |channel| channel.group == Some(group))
    }

    fn check_groups(&self) -> Result<(), Clash> {
        for (at, group) in self.groups.iter().enumerate() {
            if !(group.min.is_finite() && group.min >= 0.0) {
                return Err(Clash::Number { what: group.name.clone() });
            }
            let max: f64 = self.members(at).map(|channel| channel.max).sum();
            if group.min > max {
                return Err(Clash::Group { group: group.name.clone(), min: group.min, max });
            }
        }
        Ok(())
    }

    fn check_budget(&self) -> Result<(), Clash> {
        let mut parts: Vec<(f64, &str)> = Vec::new();
        for (at, group) in self.groups.iter().enumerate() {
            let own: f64 = self.members(at).map(|channel| channel.min).sum();
            parts.push((group.min.max(own), &group.name));
        }
        let alone = self.channels.iter().filter(|channel| channel.group.is_none());
        parts.extend(alone.map(|channel| (channel.min, channel.name.as_str())));
        let min: f64 = parts.iter().map(|(min, _)| min).sum();
        if min <= self.budget * (1.0 + 1e-12) {
            return Ok(());
        }
        parts.sort_by(|left, right| right.0.total_cmp(&left.0));
        let named = parts.iter().take(3).map(|(min, name)| format!("{name} {min:.2}"));
        let largest = named.collect::<Vec<_>>().join(", ");
        Err(Clash::Budget { min, budget: self.budget, largest })
    }
}
