//! A campaign's course through the year.

/// The course of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// Goes with the season.
    Steady,
    /// The budget was raised and cut again, and each unit more brought less.
    Saturating,
    /// Began on this day.
    Since(i32),
    /// Ended on this day.
    Until(i32),
}

/// Days before the anchor.
const BEGAN_AGO: i32 = 130;
const ENDED_AGO: i32 = 24;
/// Days that a level of a saturating campaign's budget holds.
const LEVEL_DAYS: i32 = 14;
const LEVELS: [f64; 8] = [0.5, 0.9, 1.6, 2.4, 1.2, 0.7, 2.0, 3.0];

/// Sales of each month beside those of a mean one, from January.
const SEASON: [f64; 12] = [0.82, 0.84, 0.95, 1.0, 1.04, 0.98, 0.9, 0.88, 0.98, 1.06, 1.32, 1.28];
/// Shops spend and sell more towards the weekend. 1970-01-01 was a Thursday.
const FROM_THURSDAY: [f64; 7] = [1.0, 1.1, 1.25, 1.2, 0.9, 0.85, 0.92];
/// Growth within a year.
const GROWTH: f64 = 0.22;
const MONTH_DAYS: f64 = 365.25 / 12.0;

impl Course {
    /// The course of a tenant's campaign.
    pub(super) fn of(tenant: usize, campaign: usize, anchor: i32) -> Course {
        match (tenant, campaign) {
            (1, 0) => Course::Saturating,
            (_, 2) => Course::Since(anchor - BEGAN_AGO),
            (_, 5) if tenant != 1 => Course::Until(anchor - ENDED_AGO),
            _ => Course::Steady,
        }
    }

    /// Beside an average day of the campaign: how much is spent, and how much is sold for it. `None` where it
    /// does not run.
    pub(super) fn level(self, day: i32, anchor: i32) -> Option<(f64, f64)> {
        let usual = season(day) * FROM_THURSDAY[day.rem_euclid(7) as usize] * growth(day, anchor);
        match self {
            Course::Since(first) if day < first => None,
            Course::Until(last) if day > last => None,
            Course::Saturating => {
                let raised = LEVELS[(day.div_euclid(LEVEL_DAYS)).rem_euclid(8) as usize];
                Some((usual * raised, usual * raised.sqrt()))
            }
            _ => Some((usual, usual)),
        }
    }
}

/// From the middle of a month to the middle of the next in a straight line.
fn season(day: i32) -> f64 {
    let months = (f64::from(day) / MONTH_DAYS - 0.5).rem_euclid(12.0);
    let (month, into) = (months as usize % 12, months - months.floor());
    SEASON[month] * (1.0 - into) + SEASON[(month + 1) % 12] * into
}

fn growth(day: i32, anchor: i32) -> f64 {
    1.0 + GROWTH * f64::from(day - anchor) / 365.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: i32 = 20_785;

    #[test]
    fn a_campaign_runs_only_between_its_first_and_its_last_day() {
        let new = Course::of(0, 2, TODAY);
        assert_eq!(new.level(TODAY - BEGAN_AGO - 1, TODAY), None);
        assert!(new.level(TODAY - BEGAN_AGO, TODAY).is_some());
        let ended = Course::of(0, 5, TODAY);
        assert!(ended.level(TODAY - ENDED_AGO, TODAY).is_some());
        assert_eq!(ended.level(TODAY - ENDED_AGO + 1, TODAY), None);
    }

    #[test]
    fn a_saturating_campaign_earns_less_for_each_unit_more() {
        let days = (TODAY - 112)..TODAY;
        let levels = days.filter_map(|day| Course::Saturating.level(day, TODAY));
        let mut ratios: Vec<(f64, f64)> =
            levels.map(|(spent, sold)| (spent, sold / spent)).collect();
        ratios.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (least, most) = (ratios[0], ratios[ratios.len() - 1]);
        assert!(most.0 > 3.0 * least.0 && most.1 < 0.6 * least.1, "{least:?} {most:?}");
    }

    #[test]
    fn the_season_goes_round() {
        assert!((season(0) - season(365)).abs() < 0.02);
        assert!(season(TODAY) > 1.2, "the end of November sells: {}", season(TODAY));
    }
}
