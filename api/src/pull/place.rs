//! Where a run stands, and where it goes on: account by account, window by window, level by level.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stratum_ingest::connector::window::{first_window, following};
use stratum_ingest::connector::{Account, Cursor, Level, Question};
use stratum_models::time::{Day, DayRange};

/// A place, as it is kept between two steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The account.
    account: String,
    /// The first day of the window.
    from: NaiveDate,
    /// Its days at most.
    days: u32,
    /// The level.
    pub level: Level,
    /// Where its answer goes on.
    pub at: Cursor,
    /// How often the platform forgot that.
    #[serde(default)]
    forgotten: u32,
    /// Steps of this answer so far: pages, and looks at a report that is being made.
    #[serde(default)]
    pub steps: u32,
}

impl Place {
    /// The account it is of.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The beginning of the same answer; `None` where it was begun again too often.
    pub fn again(&self, forgotten_max: u32) -> Option<Place> {
        let forgotten = self.forgotten + 1;
        let again = Place { at: Cursor::Start, forgotten, steps: 0, ..self.clone() };
        Some(again).filter(|_| forgotten <= forgotten_max)
    }
}

/// All that a run asks for.
#[derive(Debug)]
pub struct Plan {
    /// Accounts, each with its days.
    accounts: Vec<(Account, DayRange)>,
    levels: Vec<Level>,
    window_days: u32,
}

impl Plan {
    /// A plan of these accounts; `levels` begin with campaigns.
    pub fn new(accounts: Vec<(Account, DayRange)>, levels: Vec<Level>, window_days: u32) -> Plan {
        Plan { accounts, levels, window_days: window_days.max(1) }
    }

    /// Where it goes on: at what was kept, as far as that is still a part of the plan, else at the
    /// beginning. `None` when there is nothing to ask.
    pub fn resume(&self, kept: Option<&Value>) -> Option<Place> {
        // It was at its end already.
        if kept.is_some_and(Value::is_null) {
            return None;
        }
        let kept = kept.and_then(|kept| serde_json::from_value::<Place>(kept.clone()).ok());
        let kept = kept.filter(|place| {
            let days = self.days(&place.account);
            let within =
                days.is_some_and(|days| days.from.0 <= place.from && place.from <= days.to.0);
            within && place.days > 0 && self.levels.contains(&place.level)
        });
        kept.or_else(|| self.begin(0, self.accounts.first()?.1.from))
    }

    fn begin(&self, account: usize, from: Day) -> Option<Place> {
        Some(Place {
            account: self.accounts.get(account)?.0.id.clone(),
            from: from.0,
            days: self.window_days,
            level: *self.levels.first()?,
            at: Cursor::Start,
            forgotten: 0,
            steps: 0,
        })
    }

    fn days(&self, account: &str) -> Option<DayRange> {
        self.accounts.iter().find(|(one, _)| one.id == account).map(|(_, days)| *days)
    }

    fn window(&self, place: &Place) -> Option<DayRange> {
        let left = DayRange::new(Day(place.from), self.days(&place.account)?.to)?;
        Some(first_window(left, place.days))
    }

    /// What is asked at a place.
    pub fn question(&self, place: &Place) -> Option<Question> {
        let account = self.accounts.iter().find(|(one, _)| one.id == place.account)?.0.clone();
        Some(Question { account, level: place.level, days: self.window(place)? })
    }

    /// The place after a part of an answer that goes on at `next`; `None` at the plan's end.
    pub fn after(&self, place: &Place, next: Option<Cursor>) -> Option<Place> {
        if let Some(at) = next {
            return Some(Place { at, steps: place.steps + 1, ..place.clone() });
        }
        let level = self.levels.iter().position(|level| *level == place.level)?;
        if let Some(level) = self.levels.get(level + 1) {
            let begin = Place { at: Cursor::Start, forgotten: 0, steps: 0, ..place.clone() };
            return Some(Place { level: *level, ..begin });
        }
        let account = self.accounts.iter().position(|(one, _)| one.id == place.account)?;
        let rest = following(self.window(place)?.to)?;
        match self.days(&place.account)?.to >= rest {
            true => self.begin(account, rest),
            false => self.begin(account + 1, self.accounts.get(account + 1)?.1.from),
        }
    }

    /// The place behind the account of this one; `None` where it is the last.
    pub fn beyond(&self, place: &Place) -> Option<Place> {
        let account = self.accounts.iter().position(|(one, _)| one.id == place.account)?;
        self.begin(account + 1, self.accounts.get(account + 1)?.1.from)
    }

    /// The same place with half the days; `None` where it is one day already.
    pub fn narrowed(&self, place: &Place) -> Option<Place> {
        let days = self.window(place)?.days();
        let half = u32::try_from(days / 2).ok().filter(|half| *half > 0)?;
        Some(Place { days: half, at: Cursor::Start, steps: 0, ..place.clone() })
    }

    /// Days of all accounts together.
    pub fn days_asked(&self) -> i32 {
        count(self.accounts.iter().map(|(_, days)| days.days()).sum())
    }

    /// Those of them that are behind a place.
    pub fn days_done(&self, place: Option<&Place>) -> i32 {
        let Some(place) = place else { return self.days_asked() };
        let mut done = 0;
        for (account, days) in &self.accounts {
            if account.id == place.account {
                return count(done + (place.from - days.from.0).num_days());
            }
            done += days.days();
        }
        count(done)
    }
}

fn count(days: i64) -> i32 {
    i32::try_from(days).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day(text.parse().unwrap())
    }

    fn plan(window_days: u32) -> Plan {
        let account = |id: &str, to: &str| {
            let account = Account {
                id: id.into(),
                name: String::new(),
                currency: "EUR".parse().unwrap(),
                zone: chrono_tz::UTC,
            };
            (account, DayRange::new(day("2026-03-01"), day(to)).unwrap())
        };
        let accounts = vec![account("a", "2026-03-10"), account("b", "2026-03-09")];
        Plan::new(accounts, vec![Level::Campaign, Level::Device], window_days)
    }

    /// Every question of a plan, each answered at once.
    fn walk(plan: &Plan, from: Option<Value>) -> Vec<(String, i64, Level)> {
        let (mut place, mut asked, mut done) = (plan.resume(from.as_ref()), Vec::new(), 0);
        while let Some(here) = place {
            let question = plan.question(&here).unwrap();
            asked.push((question.account.id, question.days.days(), question.level));
            assert!(plan.days_done(Some(&here)) >= done, "progress goes back");
            done = plan.days_done(Some(&here));
            place = plan.after(&here, None);
        }
        asked
    }

    #[test]
    fn a_plan_asks_for_every_day_of_every_account_at_every_level() {
        let plan = plan(7);
        let asked = walk(&plan, None);
        for (account, days) in [("a", 10), ("b", 9)] {
            for level in [Level::Campaign, Level::Device] {
                let of = asked.iter().filter(|(id, _, at)| id == account && *at == level);
                assert_eq!(of.map(|(_, days, _)| days).sum::<i64>(), days, "{account} {level:?}");
            }
        }
        assert_eq!((plan.days_asked(), plan.days_done(None)), (19, 19));
    }

    #[test]
    fn a_kept_place_goes_on_where_it_was() {
        let plan = plan(7);
        let mut place = plan.resume(None).unwrap();
        for _ in 0..3 {
            place = plan.after(&place, None).unwrap();
        }
        let kept = serde_json::to_value(&place).unwrap();
        assert_eq!(walk(&plan, Some(kept)).len(), walk(&plan, None).len() - 3);
        assert_eq!((place.level, plan.days_done(Some(&place))), (Level::Device, 7));
        // A place of an account that is no longer asked for is nowhere.
        let gone = serde_json::json!({"account": "z", "from": "2026-03-01", "days": 7, "level": "ad", "at": "start"});
        assert_eq!(plan.resume(Some(&gone)), plan.resume(None));
        assert_eq!(plan.resume(Some(&serde_json::json!("nonsense"))), plan.resume(None));
        assert_eq!(plan.resume(Some(&Value::Null)), None);
    }

    #[test]
    fn what_is_too_much_is_asked_in_halves_down_to_a_day() {
        let plan = plan(7);
        let mut place = plan.resume(None).unwrap();
        let mut days = Vec::new();
        while let Some(narrow) = plan.narrowed(&place) {
            days.push(plan.question(&narrow).unwrap().days.days());
            place = narrow;
        }
        assert_eq!(days, [3, 1]);
        let next = plan.after(&plan.after(&place, None).unwrap(), None).unwrap();
        assert_eq!(plan.question(&next).unwrap().days.from, day("2026-03-02"));
    }
}
