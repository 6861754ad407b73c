//! Conditions over what is known of a campaign.

use serde::{Deserialize, Serialize};

use super::Truth;
use crate::name_set;

name_set! {
    /// A figure or state of a campaign that a rule looks at.
    RuleField {
        /// Amount spent, as the platforms report it.
        Spend = "spend",
        /// Conversion value, as the platforms report it.
        Revenue = "revenue",
        /// Times shown.
        Impressions = "impressions",
        /// Times clicked.
        Clicks = "clicks",
        /// Conversions, as the platforms report them.
        Conversions = "conversions",
        /// Revenue / spend.
        Roas = "roas",
        /// Clicks / impressions × 100.
        Ctr = "ctr",
        /// Spend / clicks.
        Cpc = "cpc",
        /// Spend / impressions × 1000.
        Cpm = "cpm",
        /// Spend / conversions.
        Cpa = "cpa",
        /// Conversions / clicks × 100.
        Cvr = "cvr",
        /// Purchases that events show.
        TrackedConversions = "tracked_conversions",
        /// Their value.
        TrackedRevenue = "tracked_revenue",
        /// Tracked revenue / spend.
        TrackedRoas = "tracked_roas",
        /// Spend / purchases that events show.
        TrackedCpa = "tracked_cpa",
        /// Purchases that events show / clicks × 100.
        TrackedCvr = "tracked_cvr",
        /// Match quality of the events of the campaign's platform, 0 to 10.
        MatchQuality = "match_quality",
        /// Hours since the campaign's platform reported last.
        DataAgeHours = "data_age_hours",
        /// The most that the campaign may spend a day.
        DailyBudget = "daily_budget",
        /// The campaign's status.
        Status = "status",
        /// The campaign's platform.
        Platform = "platform",
        /// The campaign's name.
        Name = "name",
        /// The campaign's labels.
        Label = "label",
    }
}

impl RuleField {
    /// True for a figure of days, which takes a window.
    pub const fn has_window(self) -> bool {
        !matches!(self, RuleField::DataAgeHours | RuleField::DailyBudget) && !self.is_text()
    }

    /// True for a text or texts.
    pub const fn is_text(self) -> bool {
        use RuleField::{Label, Name, Platform, Status};
        matches!(self, Status | Platform | Name | Label)
    }

    /// True for a figure whose sum over days is the figure of those days.
    pub const fn is_additive(self) -> bool {
        matches!(
            self,
            RuleField::Spend
                | RuleField::Revenue
                | RuleField::Impressions
                | RuleField::Clicks
                | RuleField::Conversions
                | RuleField::TrackedConversions
                | RuleField::TrackedRevenue
        )
    }

    /// The operators that it can be compared by.
    pub const fn operators(self) -> &'static [Operator] {
        use Operator::{Contains, Equals, GreaterThan, Gte, In, LessThan, Lte, NotEquals};
        match self {
            RuleField::Status | RuleField::Platform => &[Equals, NotEquals, In],
            RuleField::Name => &[Equals, NotEquals, Contains, In],
            RuleField::Label => &[Contains, In],
            _ => &[LessThan, Lte, GreaterThan, Gte, Equals, NotEquals],
        }
    }

    /// The aggregates that it has; none where it has no window.
    pub const fn aggregates(self) -> &'static [Aggregate] {
        use Aggregate::{ChangePercent, DailyAverage, DailyMaximum, DailyMinimum, Total};
        match self {
            _ if !self.has_window() => &[],
            RuleField::MatchQuality => &[Total],
            _ if self.is_additive() => {
                &[Total, DailyAverage, DailyMinimum, DailyMaximum, ChangePercent]
            }
            _ => &[Total, DailyMinimum, DailyMaximum, ChangePercent],
        }
    }
}

name_set! {
    /// The way in which a field is compared with a value.
    Operator {
        /// They are the same.
        Equals = "equals",
        /// They are not the same.
        NotEquals = "not_equals",
        /// The field is above the value.
        GreaterThan = "greater_than",
        /// The field is below the value.
        LessThan = "less_than",
        /// The field is the value or above it.
        Gte = "gte",
        /// The field is the value or below it.
        Lte = "lte",
        /// The text has the value in it, in any letter case; of labels, the label is among them.
        Contains = "contains",
        /// The field is one of the values; of labels, one of them is.
        In = "in",
    }
}

name_set! {
    /// The one number that is made of the days of a window.
    #[derive(Default)]
    Aggregate {
        /// The figure of all days together: a sum, or the ratio of sums.
        #[default]
        Total = "total",
        /// The sum of all days, divided by the number of days.
        DailyAverage = "daily_average",
        /// The figure of the day on which it is smallest.
        DailyMinimum = "daily_minimum",
        /// The figure of the day on which it is largest.
        DailyMaximum = "daily_maximum",
        /// The change of the total since the window before, of as many days, in percent.
        ChangePercent = "change_percent",
    }
}

/// A value that a field is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RuleValue {
    /// A number; amounts in the currency of the rule.
    Number(f64),
    /// A text.
    Text(String),
    /// Texts, for `in`.
    Texts(Vec<String>),
}

/// A value that a campaign has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Observation {
    /// A figure or an amount.
    Number(f64),
    /// A status, a platform, a name.
    Text(String),
    /// Labels.
    Texts(Vec<String>),
}

/// A comparison of a field with a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The figure or state.
    pub field: RuleField,
    /// The way in which it is compared.
    pub operator: Operator,
    /// The value that it is compared with.
    pub value: RuleValue,
    /// The number of days of the window, which ends with the last complete day; 0 where the field has none.
    pub window_days: u32,
    /// The number made of these days.
    pub aggregate: Aggregate,
}

impl Comparison {
    /// The days before an evaluation that it looks at.
    pub fn days_back(&self) -> u32 {
        match self.aggregate {
            Aggregate::ChangePercent => self.window_days.saturating_mul(2),
            _ => self.window_days,
        }
    }

    /// Whether it holds of what was observed; unknown where nothing was.
    pub fn truth(&self, observed: Option<&Observation>) -> Truth {
        let values = match &self.value {
            RuleValue::Text(text) => std::slice::from_ref(text),
            RuleValue::Texts(texts) => texts.as_slice(),
            RuleValue::Number(_) => &[],
        };
        let is_one = |text: &String| values.contains(text);
        match (observed, &self.value) {
            (Some(Observation::Number(number)), RuleValue::Number(value)) => {
                self.compare(*number, *value)
            }
            (Some(Observation::Text(text)), RuleValue::Text(_) | RuleValue::Texts(_)) => {
                let text_folded = text.to_lowercase();
                let has = |value: &String| text_folded.contains(&value.to_lowercase());
                Truth::from(match self.operator {
                    Operator::NotEquals => !is_one(text),
                    Operator::Contains => values.iter().any(has),
                    _ => is_one(text),
                })
            }
            (Some(Observation::Texts(texts)), RuleValue::Text(_) | RuleValue::Texts(_)) => {
                Truth::from(texts.iter().any(is_one))
            }
            _ => Truth::Unknown,
        }
    }

    fn compare(&self, number: f64, value: f64) -> Truth {
        if number.is_nan() {
            return Truth::Unknown;
        }
        match self.operator {
            Operator::Equals => Truth::from(number == value),
            Operator::NotEquals => Truth::from(number != value),
            Operator::GreaterThan => Truth::from(number > value),
            Operator::LessThan => Truth::from(number < value),
            Operator::Gte => Truth::from(number >= value),
            Operator::Lte => Truth::from(number <= value),
            Operator::Contains | Operator::In => Truth::Unknown,
        }
    }
}

/// A tree of comparisons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Every one must hold.
    And(Vec<Condition>),
    /// One must hold.
    Or(Vec<Condition>),
    /// It must not hold.
    Not(Box<Condition>),
    /// The comparison must hold.
    Compare(Comparison),
}

impl Condition {
    /// Every comparison of the tree, from left to right.
    pub fn comparisons(&self) -> Vec<&Comparison> {
        match self {
            Condition::And(all) | Condition::Or(all) => {
                all.iter().flat_map(Condition::comparisons).collect()
            }
            Condition::Not(one) => one.comparisons(),
            Condition::Compare(one) => vec![one],
        }
    }

    /// Whether it holds of a campaign, by what was observed for each comparison, in their order.
    pub fn truth(&self, observed: &[Option<Observation>]) -> Truth {
        self.take(&mut observed.iter())
    }

    fn take<'a>(&self, observed: &mut impl Iterator<Item = &'a Option<Observation>>) -> Truth {
        // Every part takes what is its own, also where the outcome is sure without it.
        let each = |all: &[Condition], observed: &mut _| {
            all.iter().map(|one| one.take(observed)).collect::<Vec<Truth>>()
        };
        match self {
            Condition::And(all) => Truth::all(each(all, observed)),
            Condition::Or(all) => Truth::any(each(all, observed)),
            Condition::Not(one) => !one.take(observed),
            Condition::Compare(one) => one.truth(observed.next().and_then(Option::as_ref)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(field: RuleField, operator: Operator, value: RuleValue) -> Comparison {
        let window_days = if field.has_window() { 7 } else { 0 };
        Comparison { field, operator, value, window_days, aggregate: Aggregate::Total }
    }

    fn text(text: &str) -> Option<Observation> {
        Some(Observation::Text(text.into()))
    }

    #[test]
    fn a_figure_that_is_not_known_is_neither_below_nor_above() {
        let low = compare(RuleField::Roas, Operator::LessThan, RuleValue::Number(1.5));
        let truth = |number: Option<f64>| low.truth(number.map(Observation::Number).as_ref());
        assert_eq!(truth(Some(1.4)), Truth::True);
        assert_eq!(truth(Some(1.5)), Truth::False);
        assert_eq!(truth(None), Truth::Unknown);
        assert_eq!(truth(Some(f64::NAN)), Truth::Unknown);
        assert_eq!(low.truth(text("1").as_ref()), Truth::Unknown, "a text is no number");
    }

    #[test]
    fn texts_are_found_in_any_letter_case_and_labels_as_they_are() {
        let name = compare(RuleField::Name, Operator::Contains, RuleValue::Text("brand".into()));
        assert_eq!(name.truth(text("Search | BRAND").as_ref()), Truth::True);
        assert_eq!(name.truth(text("Search").as_ref()), Truth::False);
        let labels = |labels: &[&str]| {
            Some(Observation::Texts(labels.iter().map(|one| (*one).to_owned()).collect()))
        };
        let label = compare(RuleField::Label, Operator::Contains, RuleValue::Text("test".into()));
        assert_eq!(label.truth(labels(&["a", "test"]).as_ref()), Truth::True);
        assert_eq!(label.truth(labels(&["tests"]).as_ref()), Truth::False);
        let of = RuleValue::Texts(vec!["active".into(), "paused".into()]);
        let status = compare(RuleField::Status, Operator::In, of);
        assert_eq!(status.truth(text("paused").as_ref()), Truth::True);
        assert_eq!(status.truth(text("archived").as_ref()), Truth::False);
    }

    #[test]
    fn each_comparison_takes_what_was_observed_for_it() {
        let number = |field, operator, value| {
            Condition::Compare(compare(field, operator, RuleValue::Number(value)))
        };
        let tree = Condition::And(vec![
            Condition::Or(vec![
                number(RuleField::Roas, Operator::LessThan, 1.0),
                number(RuleField::Cpa, Operator::GreaterThan, 20.0),
            ]),
            Condition::Not(Box::new(number(RuleField::Spend, Operator::Lte, 100.0))),
        ]);
        let truth = |observed: [Option<f64>; 3]| {
            tree.truth(&observed.map(|one| one.map(Observation::Number)))
        };
        assert_eq!(tree.comparisons().len(), 3);
        assert_eq!(truth([Some(0.5), None, Some(101.0)]), Truth::True);
        assert_eq!(truth([Some(1.5), None, Some(101.0)]), Truth::Unknown);
        assert_eq!(truth([Some(1.5), None, Some(100.0)]), Truth::False);
        assert_eq!(truth([Some(1.5), Some(20.0), None]), Truth::False);
    }

    #[test]
    fn every_field_can_be_compared() {
        for field in RuleField::ALL {
            assert!(!field.operators().is_empty(), "{field}");
            assert_eq!(field.has_window(), !field.aggregates().is_empty(), "{field}");
            assert!(!(field.is_text() && field.has_window()), "{field}");
        }
    }
}
