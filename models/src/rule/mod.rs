//! Rules over campaigns: a condition, which is true, false or unknown, and episodes, each of which acts once.

mod condition;
mod episode;
mod truth;

pub use condition::{
    Aggregate, Comparison, Condition, Observation, Operator, RuleField, RuleValue,
};
pub use episode::{Episode, EpisodeState, RuleTimes};
pub use truth::Truth;
