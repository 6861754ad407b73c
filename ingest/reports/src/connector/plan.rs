//! The plan of a pull: account by account, window by window, level by level, and a cursor into it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stratum_models::time::{Day, DayRange};

use super::window::{first_window, following};
use super::{Account, Cursor, Level, Question};

/// A position in a plan, as it is kept between two steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullCursor {
    /// The id of the account.
    account: String,
    /// The first day of the window.
    from: NaiveDate,
    /// The most days of its window.
    days: u32,
    /// The level.
    pub level: Level,
    /// Where its answer goes on.
    pub at: Cursor,
    /// The number of times that the platform forgot that.
    #[serde(default)]
    forgotten: u32,
    /// Steps of this answer so far: pages, and looks at a report that is being made.
    #[serde(default)]
    pub steps: u32,
}

impl PullCursor {
    /// The id of the account that is asked for next.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The beginning of the same answer; `None` where it was begun again `forgotten_max` times.
    pub fn restarted(&self, forgotten_max: u32) -> Option<PullCursor> {
        let forgotten = self.forgotten + 1;
        let start = PullCursor { at: Cursor::Start, forgotten, steps: 0, ..self.clone() };
        Some(start).filter(|_| forgotten <= forgotten_max)
    }
}

/// The questions of a pull, in the order they are asked.
#[derive(Debug)]
pub struct PullPlan {
    /// Accounts, each with its days.
    accounts: Vec<(Account, DayRange)>,
    levels: Vec<Level>,
    window_days: u32,
}

impl PullPlan {
    /// A plan of these accounts, each with its days; `levels` begin with campaigns.
    pub fn new(
        accounts: Vec<(Account, DayRange)>,
        levels: Vec<Level>,
        window_days: u32,
    ) -> PullPlan {
        PullPlan { accounts, levels, window_days: window_days.max(1) }
    }

    /// The cursor to go on from: the kept one as far as it is still a part of the plan, else the beginning.
    /// `None` when there is nothing to ask.
    pub fn resume(&self, kept: Option<&Value>) -> Option<PullCursor> {
        // It was at its end already.
        if kept.is_some_and(Value::is_null) {
            return None;
        }
        let kept = kept.and_then(|kept| serde_json::from_value::<PullCursor>(kept.clone()).ok());
        let kept = kept.filter(|cursor| {
            let days = self.days(&cursor.account);
            let within =
                days.is_some_and(|days| days.from.0 <= cursor.from && cursor.from <= days.to.0);
            within && cursor.days > 0 && self.levels.contains(&cursor.level)
        });
        kept.or_else(|| self.begin(0, self.accounts.first()?.1.from))
    }

    fn begin(&self, account: usize, from: Day) -> Option<PullCursor> {
        Some(PullCursor {
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

    fn window(&self, cursor: &PullCursor) -> Option<DayRange> {
        let left = DayRange::new(Day(cursor.from), self.days(&cursor.account)?.to)?;
        Some(first_window(left, cursor.days))
    }

    /// The question at a cursor; `None` where its account is not of the plan.
    pub fn question(&self, cursor: &PullCursor) -> Option<Question> {
        let account = self.accounts.iter().find(|(one, _)| one.id == cursor.account)?.0.clone();
        Some(Question { account, level: cursor.level, days: self.window(cursor)? })
    }

    /// The cursor after a part of an answer that goes on at `next`; `None` at the plan's end.
    pub fn after(&self, cursor: &PullCursor, next: Option<Cursor>) -> Option<PullCursor> {
        if let Some(at) = next {
            return Some(PullCursor { at, steps: cursor.steps + 1, ..cursor.clone() });
        }
        let level = self.levels.iter().position(|level| *level == cursor.level)?;
        if let Some(level) = self.levels.get(level + 1) {
            let begin = PullCursor { at: Cursor::Start, forgotten: 0, steps: 0, ..cursor.clone() };
            return Some(PullCursor { level: *level, ..begin });
        }
        let account = self.accounts.iter().position(|(one, _)| one.id == cursor.account)?;
        let rest = following(self.window(cursor)?.to)?;
        if self.days(&cursor.account)?.to >= rest {
            self.begin(account, rest)
        } else {
            self.begin(account + 1, self.accounts.get(account + 1)?.1.from)
        }
    }

    /// The beginning of the next account; `None` where this one is the last.
    pub fn after_account(&self, cursor: &PullCursor) -> Option<PullCursor> {
        let account = self.accounts.iter().position(|(one, _)| one.id == cursor.account)?;
        self.begin(account + 1, self.accounts.get(account + 1)?.1.from)
    }

    /// The same position with half the days; `None` where it is one day already.
    pub fn with_half_window(&self, cursor: &PullCursor) -> Option<PullCursor> {
        let days = self.window(cursor)?.days();
        let half = u32::try_from(days / 2).ok().filter(|half| *half > 0)?;
        Some(PullCursor { days: half, at: Cursor::Start, steps: 0, ..cursor.clone() })
    }

    /// The number of days of all accounts together.
    pub fn days_asked(&self) -> i32 {
        count(self.accounts.iter().map(|(_, days)| days.days()).sum())
    }

    /// The number of them before a cursor; all of them where it is `None`.
    pub fn days_done(&self, cursor: Option<&PullCursor>) -> i32 {
        let Some(cursor) = cursor else { return self.days_asked() };
        let mut done = 0;
        for (account, days) in &self.accounts {
            if account.id == cursor.account {
                return count(done + (cursor.from - days.from.0).num_days());
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

    fn plan(window_days: u32) -> PullPlan {
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
        PullPlan::new(accounts, vec![Level::Campaign, Level::Device], window_days)
    }

    /// Every question of a plan, each answered at once.
    fn walk(plan: &PullPlan, from: Option<Value>) -> Vec<(String, i64, Level)> {
        let (mut cursor, mut asked, mut done) = (plan.resume(from.as_ref()), Vec::new(), 0);
        while let Some(here) = cursor {
            let question = plan.question(&here).unwrap();
            asked.push((question.account.id, question.days.days(), question.level));
            assert!(plan.days_done(Some(&here)) >= done, "progress goes back");
            done = plan.days_done(Some(&here));
            cursor = plan.after(&here, None);
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
    fn a_kept_cursor_goes_on_where_it_was() {
        let plan = plan(7);
        let mut cursor = plan.resume(None).unwrap();
        for _ in 0..3 {
            cursor = plan.after(&cursor, None).unwrap();
        }
        let kept = serde_json::to_value(&cursor).unwrap();
        assert_eq!(walk(&plan, Some(kept)).len(), walk(&plan, None).len() - 3);
        assert_eq!((cursor.level, plan.days_done(Some(&cursor))), (Level::Device, 7));
        // A cursor of an account that is no longer asked for means nothing.
        let gone = serde_json::json!({"account": "z", "from": "2026-03-01", "days": 7, "level": "ad", "at": "start"});
        assert_eq!(plan.resume(Some(&gone)), plan.resume(None));
        assert_eq!(plan.resume(Some(&serde_json::json!("nonsense"))), plan.resume(None));
        assert_eq!(plan.resume(Some(&Value::Null)), None);
    }

    #[test]
    fn what_is_too_much_is_asked_in_halves_down_to_a_day() {
        let plan = plan(7);
        let mut cursor = plan.resume(None).unwrap();
        let mut days = Vec::new();
        while let Some(narrow) = plan.with_half_window(&cursor) {
            days.push(plan.question(&narrow).unwrap().days.days());
            cursor = narrow;
        }
        assert_eq!(days, [3, 1]);
        let next = plan.after(&plan.after(&cursor, None).unwrap(), None).unwrap();
        assert_eq!(plan.question(&next).unwrap().days.from, day("2026-03-02"));
    }
}
