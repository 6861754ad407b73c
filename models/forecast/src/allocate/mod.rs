//! The best split of a budget over channels with known response curves.
//!
//! Concave curves are solved exactly: at the optimum all channels that no bound holds have the same
//! marginal response, the *price*, and the price is found by bisection. S-shaped curves are replaced
//! by their concave envelopes, which bounds what any plan can reach; splitting ranges then closes
//! the distance between that bound and the best plan found, and what is left is told as a gap.

mod constraint;
mod envelope;
mod price;
mod branch;
mod target;
mod rounding;

use serde::{Deserialize, Serialize};

pub use branch::allocate;
pub use constraint::Clash;
pub use rounding::in_cents;

use crate::response::Hill;

/// A channel's response to spend: never falling, and convex at most up to one point and concave
/// from there.
pub trait Curve: Send + Sync {
    /// The response.
    fn value(&self, spend: f64) -> f64;
    /// The response to the next unit.
    fn marginal(&self, spend: f64) -> f64;
    /// Whether it is concave everywhere.
    fn is_concave(&self) -> bool;
}

impl Curve for Hill {
    fn value(&self, spend: f64) -> f64 {
        Hill::value(self, spend)
    }
    fn marginal(&self, spend: f64) -> f64 {
        Hill::marginal(self, spend)
    }
    fn is_concave(&self) -> bool {
        Hill::is_concave(self)
    }
}

/// A channel that may be given money.
pub struct Channel<'a> {
    /// The channel's name, for refusals.
    pub name: String,
    /// The channel's response.
    pub curve: &'a dyn Curve,
    /// At least this much.
    pub min: f64,
    /// At most this much; at least `min`.
    pub max: f64,
    /// The group it belongs to, an index into [`Question::groups`].
    pub group: Option<usize>,
}

/// Channels that together get at least so much.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The group's name, for refusals.
    pub name: String,
    /// At least this much.
    pub min: f64,
}

/// The aim of a split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// The largest response the budget can buy.
    Response,
    /// The largest response less spend: no unit is spent that returns less than this.
    Marginal(f64),
    /// The largest response whose ratio to spend, over all, is at least this. Only what spend itself
    /// brings counts, not what comes without any.
    Ratio(f64),
}

/// The question of how a budget is to be split.
pub struct Question<'a> {
    /// At most this much in all.
    pub budget: f64,
    /// The aim of the split.
    pub goal: Goal,
    /// Over these.
    pub channels: Vec<Channel<'a>>,
    /// Their groups.
    pub groups: Vec<Group>,
    /// Splits of ranges to try for S-shaped curves.
    pub splits_max: usize,
}

/// A bound that holds a channel's spend where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// Nothing of its own: its marginal response is the common price.
    Free,
    /// The channel's minimum.
    Min,
    /// The channel's maximum.
    Max,
    /// The group's minimum: the channel gets more than the common price would give it.
    GroupMin,
}

/// The best plan found.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    /// Spend a channel.
    pub spends: Vec<f64>,
    /// The bounds that hold it there.
    pub bindings: Vec<Binding>,
    /// The response of all.
    pub response: f64,
    /// The marginal response that channels without a binding share.
    pub price: f64,
    /// The part of the budget that is not spent.
    pub unspent: f64,
    /// No plan reaches more than `1 + gap` times what this one does; 0 for concave curves.
    pub gap: f64,
}

#[cfg(test)]
mod tests;
