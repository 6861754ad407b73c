//! Dry runs: the acts of a rule on past days, had it been there.

use stratum_models::rule::{Episode, Observation, RuleTimes};
use stratum_models::time::{DAY_MS, Day, DayRange, HOUR_MS, UnixMillis};
use stratum_state::campaign::Campaign;
use stratum_state::rule::TruthCounts;
use uuid::Uuid;

use super::evaluation::Evaluation;

/// The time between two looks.
const LOOK_MS: i64 = HOUR_MS / 4;
/// Acts of a day that are told one by one.
const ACTS_TOLD_MAX: usize = 100;

/// A day of a dry run.
#[derive(Clone, Debug, PartialEq)]
pub struct DryRunDay {
    /// The day.
    pub day: Day,
    /// The numbers of campaigns, by what is found of them.
    pub counts: TruthCounts,
    /// Acts on it.
    pub acts: u32,
}

/// An act of a dry run.
#[derive(Clone, Debug, PartialEq)]
pub struct DryRunAct {
    /// The day.
    pub day: Day,
    /// The campaign.
    pub campaign: Uuid,
    /// The values that are seen, one a comparison.
    pub observed: Vec<Option<Observation>>,
}

/// The acts of a rule, had it been there.
#[derive(Clone, Debug, PartialEq)]
pub struct DryRun {
    /// Each day.
    pub days: Vec<DryRunDay>,
    /// The acts, by day, in the order of the campaigns; of each day the first 100.
    pub acts: Vec<DryRunAct>,
}

/// Looks at these campaigns on these days as the rule does: every quarter of an hour, at the complete days before. The
/// bounds on acts of a day are not held to. Figures are those that are reported now; states are those of now.
pub fn dry_run(
    timing: RuleTimes,
    evaluation: &Evaluation,
    campaigns: &[Campaign],
    days: DayRange,
) -> DryRun {
    let each = || days.from.0.iter_days().take_while(|day| *day <= days.to.0).map(Day);
    let none = |day| DryRunDay { day, counts: TruthCounts::default(), acts: 0 };
    let mut by_day: Vec<(DryRunDay, Vec<DryRunAct>)> =
        each().map(|day| (none(day), Vec::new())).collect();
    for campaign in campaigns {
        let mut episode = Episode::default();
        for (found, acts) in &mut by_day {
            let day = found.day;
            let Some(end) = day.0.pred_opt().map(Day) else { continue };
            let observed = evaluation.observe(campaign, end, None);
            let truth = evaluation.truth(&observed);
            found.counts.add(truth);
            // The figures of a day do not change within it.
            for look in 0..DAY_MS / LOOK_MS {
                let now = UnixMillis(i64::from(day.to_epoch_days()) * DAY_MS + look * LOOK_MS);
                let (next, does_act) = episode.after(truth, now, timing);
                episode = next;
                found.acts += u32::from(does_act);
                if does_act && acts.len() < ACTS_TOLD_MAX {
                    let observed = observed.clone();
                    acts.push(DryRunAct { day, campaign: campaign.id, observed });
                }
            }
        }
    }
    let (days, acts): (Vec<_>, Vec<_>) = by_day.into_iter().unzip();
    DryRun { days, acts: acts.into_iter().flatten().collect() }
}
