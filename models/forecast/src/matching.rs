//! Effects of a fix of match quality: on reported conversions, not on sales.

use stratum_models::emq::WeightTable;
use stratum_models::identifier::{IdentifierKey, IdentifierMask};
use stratum_models::warehouse::MaskCount;

/// Events that a platform matches to a person, before and after a fix.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MatchGain {
    /// Events looked at.
    pub events: u64,
    /// Expected to be matched as they are.
    pub matched_before: f64,
    /// Expected to be matched with the identifiers added.
    pub matched_after: f64,
}

impl MatchGain {
    /// Additional matched events for each one now; `None` where none is.
    pub fn share(&self) -> Option<f64> {
        (self.matched_before > 0.0).then(|| self.matched_after / self.matched_before - 1.0)
    }
}

/// The gain when this share of the events that lack these identifiers would carry them: an exact sum
/// over masks.
pub fn match_gain(counts: &[MaskCount], added: &[IdentifierKey], share: f64) -> MatchGain {
    let added = IdentifierMask::of(added);
    let mut gain = MatchGain::default();
    for count in counts {
        // Without a platform there is nobody to match an event.
        let Some(platform) = count.platform else { continue };
        let table = WeightTable::of(platform);
        let before = table.match_probability(count.valid);
        let after = table.match_probability(IdentifierMask(count.valid.0 | added.0));
        let events = count.events as f64;
        gain.events += count.events;
        gain.matched_before += events * before;
        gain.matched_after += events * (before + share.clamp(0.0, 1.0) * (after - before));
    }
    gain
}
