//! Conditions in bodies and answers: a tree whose node says `and`, `or`, `not`, or compares a field.

use serde::{Deserialize, Serialize};
use stratum_http::answer::{Fault, FaultCode};
use stratum_http::rules::Rules;
use stratum_models::platform::Platform;
use stratum_models::rule::{
    Aggregate, Comparison, Condition, Observation, Operator, RuleField, RuleValue,
};
use stratum_state::campaign::CampaignStatus;
use utoipa::ToSchema;

/// Comparisons of a condition.
const COMPARISONS_MAX: usize = 20;
/// Nodes from the root to a leaf.
const DEPTH_MAX: usize = 6;
/// Days of a window.
const WINDOW_DAYS_MAX: u32 = 30;
/// Characters of a text to compare with.
const TEXT_CHARS_MAX: usize = 100;
/// The largest number to compare with.
const NUMBER_MAX: f64 = 1e12;

/// A value: a number, a text or texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ConditionValue {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Texts.
    Texts(Vec<String>),
}

/// A node of a condition: either `and`, `or` or `not`, or `field`, `operator` and `value`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionNode {
    /// Every one must hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    and: Option<Vec<ConditionNode>>,
    /// One must hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    or: Option<Vec<ConditionNode>>,
    /// It must not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    not: Option<Box<ConditionNode>>,
    /// The figure or state that is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<RuleField>,
    /// The way in which it is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<Operator>,
    /// The value it is compared with: a number for figures, in the rule's currency for amounts, else a text; texts for
    /// `in`.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<ConditionValue>,
    /// For figures: the days of the window, which ends with the last complete day; 1 to 30, 7 where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 30)]
    window_days: Option<u32>,
    /// For figures: the one number that is made of these days; `total` where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    aggregate: Option<Aggregate>,
}

/// A comparison with the value that was seen.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ObservedComparison {
    /// The figure or state.
    field: RuleField,
    /// The way in which it is compared.
    operator: Operator,
    /// The value it is compared with.
    value: ConditionValue,
    /// The days of the window; null for a state.
    window_days: Option<u32>,
    /// The number that is made of these days; null for a state.
    aggregate: Option<Aggregate>,
    /// The value that was seen; null where it was not known.
    observed: Option<ConditionValue>,
}

impl From<RuleValue> for ConditionValue {
    fn from(value: RuleValue) -> ConditionValue {
        match value {
            RuleValue::Number(number) => ConditionValue::Number(number),
            RuleValue::Text(text) => ConditionValue::Text(text),
            RuleValue::Texts(texts) => ConditionValue::Texts(texts),
        }
    }
}

impl From<Observation> for ConditionValue {
    fn from(seen: Observation) -> ConditionValue {
        match seen {
            Observation::Number(number) => ConditionValue::Number(number),
            Observation::Text(text) => ConditionValue::Text(text),
            Observation::Texts(texts) => ConditionValue::Texts(texts),
        }
    }
}

impl ObservedComparison {
    /// Every comparison of a condition, with what was seen for each.
    pub fn all(condition: &Condition, observed: Vec<Option<Observation>>) -> Vec<Self> {
        let pairs = condition.comparisons().into_iter().zip(observed);
        let each = pairs.map(|(of, seen)| ObservedComparison {
            field: of.field,
            operator: of.operator,
            value: of.value.clone().into(),
            window_days: of.field.has_window().then_some(of.window_days),
            aggregate: of.field.has_window().then_some(of.aggregate),
            observed: seen.map(ConditionValue::from),
        });
        each.collect()
    }
}

impl From<&Condition> for ConditionNode {
    fn from(condition: &Condition) -> ConditionNode {
        let nodes = |all: &[Condition]| Some(all.iter().map(ConditionNode::from).collect());
        let none = ConditionNode::default();
        match condition {
            Condition::And(all) => ConditionNode { and: nodes(all), ..none },
            Condition::Or(all) => ConditionNode { or: nodes(all), ..none },
            Condition::Not(one) => ConditionNode { not: Some(Box::new((&**one).into())), ..none },
            Condition::Compare(of) => ConditionNode {
                field: Some(of.field),
                operator: Some(of.operator),
                value: Some(of.value.clone().into()),
                window_days: of.field.has_window().then_some(of.window_days),
                aggregate: of.field.has_window().then_some(of.aggregate),
                ..none
            },
        }
    }
}

impl ConditionNode {
    /// The condition that this says, with what is wrong left in `rules` under the path of its node.
    pub fn read(self, rules: &mut Rules) -> Option<Condition> {
        let condition = self.read_at("condition", 1, rules)?;
        let count = condition.comparisons().len();
        let message = format!("must have at most {COMPARISONS_MAX} comparisons");
        let fault = Fault::above(FaultCode::TooMany, COMPARISONS_MAX, message);
        rules.hold("condition", count <= COMPARISONS_MAX, fault);
        Some(condition)
    }

    fn read_at(self, path: &str, depth: usize, rules: &mut Rules) -> Option<Condition> {
        let kinds = [self.and.is_some(), self.or.is_some(), self.not.is_some()];
        let has_comparison = self.field.is_some()
            || self.operator.is_some()
            || self.value.is_some()
            || self.window_days.is_some()
            || self.aggregate.is_some();
        let said = kinds.into_iter().chain([has_comparison]).filter(|said| *said).count();
        if said != 1 {
            rules.hold(path, false, "must say one of `and`, `or` and `not`, or compare a field");
            return None;
        }
        if depth > DEPTH_MAX {
            rules.hold(path, false, format!("lies deeper than {DEPTH_MAX} nodes"));
            return None;
        }
        match self {
            ConditionNode { and: Some(all), .. } => {
                read_all(all, &format!("{path}.and"), depth, rules).map(Condition::And)
            }
            ConditionNode { or: Some(all), .. } => {
                read_all(all, &format!("{path}.or"), depth, rules).map(Condition::Or)
            }
            ConditionNode { not: Some(one), .. } => {
                let one = one.read_at(&format!("{path}.not"), depth + 1, rules)?;
                Some(Condition::Not(Box::new(one)))
            }
            comparison => comparison.compare(path, rules).map(Condition::Compare),
        }
    }

    fn compare(self, path: &str, rules: &mut Rules) -> Option<Comparison> {
        let ConditionNode { field, operator, value, window_days, aggregate, .. } = self;
        for (name, is_there) in [
            ("field", field.is_some()),
            ("operator", operator.is_some()),
            ("value", value.is_some()),
        ] {
            let fault = Fault::new(FaultCode::Missing, "is required");
            rules.hold(&format!("{path}.{name}"), is_there, fault);
        }
        let (field, operator, value) = (field?, operator?, value?);
        let names = |all: Vec<&str>| all.join(", ");
        let may = field.operators();
        let message = format!(
            "must be one of {} for {field}",
            names(may.iter().map(|one| one.as_str()).collect())
        );
        rules.hold(&format!("{path}.operator"), may.contains(&operator), message);
        let value = read_value(field, operator, value, &format!("{path}.value"), rules)?;
        let window = format!("{path}.window_days");
        let has_window = field.has_window();
        rules.hold(&window, has_window || window_days.is_none(), format!("{field} has no window"));
        let days = window_days.unwrap_or(7);
        let message = format!("must be from 1 to {WINDOW_DAYS_MAX}");
        let holds = (1..=WINDOW_DAYS_MAX).contains(&days);
        rules.hold(&window, holds, Fault::range(1, WINDOW_DAYS_MAX, message));
        let of = aggregate.unwrap_or_default();
        let may = field.aggregates();
        let message = match has_window {
            true => format!(
                "must be one of {} for {field}",
                names(may.iter().map(|one| one.as_str()).collect())
            ),
            false => format!("{field} has no window"),
        };
        let holds = aggregate.is_none() || may.contains(&of);
        rules.hold(&format!("{path}.aggregate"), holds, message);
        let window_days = if has_window { days } else { 0 };
        Some(Comparison { field, operator, value, window_days, aggregate: of })
    }
}

fn read_all(
    nodes: Vec<ConditionNode>,
    path: &str,
    depth: usize,
    rules: &mut Rules,
) -> Option<Vec<Condition>> {
    let message = format!("must have 1 to {COMPARISONS_MAX} entries");
    let holds = (1..=COMPARISONS_MAX).contains(&nodes.len());
    rules.hold(path, holds, Fault::above(FaultCode::TooMany, COMPARISONS_MAX, message));
    if !holds {
        return None;
    }
    let each = nodes.into_iter().enumerate();
    let read: Vec<Option<Condition>> =
        each.map(|(at, node)| node.read_at(&format!("{path}[{at}]"), depth + 1, rules)).collect();
    read.into_iter().collect()
}

fn read_value(
    field: RuleField,
    operator: Operator,
    value: ConditionValue,
    path: &str,
    rules: &mut Rules,
) -> Option<RuleValue> {
    let value = match value {
        ConditionValue::Number(number) if !field.is_text() => {
            let holds = number.abs() <= NUMBER_MAX;
            let message = format!("must be from -{NUMBER_MAX} to {NUMBER_MAX}");
            rules.hold(path, holds, Fault::range(-NUMBER_MAX, NUMBER_MAX, message));
            RuleValue::Number(number)
        }
        ConditionValue::Text(text) if field.is_text() && operator != Operator::In => {
            read_text(field, &text, path, rules);
            RuleValue::Text(text)
        }
        ConditionValue::Texts(texts) if field.is_text() && operator == Operator::In => {
            rules.texts(path, &texts);
            rules.hold(path, !texts.is_empty(), Fault::new(FaultCode::Missing, "is required"));
            texts.iter().for_each(|text| read_text(field, text, path, rules));
            RuleValue::Texts(texts)
        }
        _ => {
            let wanted = match (field.is_text(), operator) {
                (false, _) => "must be a number",
                (true, Operator::In) => "must be a list of texts",
                (true, _) => "must be a text",
            };
            rules.hold(path, false, Fault::new(FaultCode::WrongForm, wanted));
            return None;
        }
    };
    Some(value)
}

fn read_text(field: RuleField, text: &str, path: &str, rules: &mut Rules) {
    rules.text(path, text, TEXT_CHARS_MAX);
    match field {
        RuleField::Status => {
            rules.hold(path, CampaignStatus::parse(text).is_some(), "is no status");
        }
        RuleField::Platform => {
            rules.hold(path, Platform::parse(text).is_some(), "is no platform");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value) -> Result<Condition, Vec<String>> {
        let mut rules = Rules::default();
        let condition = serde_json::from_value::<ConditionNode>(body).unwrap().read(&mut rules);
        match rules.finish() {
            Ok(()) => Ok(condition.unwrap()),
            Err(refusal) => Err(refusal.details().iter().map(|one| one.field.clone()).collect()),
        }
    }

    #[test]
    fn a_condition_is_told_as_it_was_read() {
        let body = json!({"and": [
            {"field": "roas", "operator": "less_than", "value": 1.5, "window_days": 7, "aggregate": "total"},
            {"or": [
                {"field": "status", "operator": "in", "value": ["active"]},
                {"not": {"field": "label", "operator": "contains", "value": "test"}},
            ]},
        ]});
        let condition = read(body.clone()).unwrap();
        assert_eq!(condition.comparisons().len(), 3);
        assert_eq!(serde_json::to_value(ConditionNode::from(&condition)).unwrap(), body);
        let stored = serde_json::to_value(&condition).unwrap();
        assert_eq!(serde_json::from_value::<Condition>(stored).unwrap(), condition);
    }

    #[test]
    fn every_mistake_is_named_by_the_path_of_its_node() {
        let wrong = json!({"and": [
            {"field": "roas", "operator": "contains", "value": "x"},
            {"field": "name", "operator": "contains", "value": 1},
            {"field": "spend", "operator": "gte", "value": 1, "window_days": 31},
            {"field": "ctr", "operator": "gte", "value": 1, "aggregate": "daily_average"},
            {"field": "status", "operator": "equals", "value": "asleep", "window_days": 7},
            {"operator": "gte", "value": 1},
            {"not": {}},
            {"or": []},
            {"and": [], "field": "spend"},
        ]});
        let paths = [
            "[0].operator",
            "[0].value",
            "[1].value",
            "[2].window_days",
            "[3].aggregate",
            "[4].value",
            "[4].window_days",
            "[5].field",
            "[6].not",
            "[7].or",
            "[8]",
        ];
        let expected: Vec<String> =
            paths.iter().map(|path| format!("condition.and{path}")).collect();
        assert_eq!(read(wrong).unwrap_err(), expected);
    }

    #[test]
    fn a_condition_is_neither_deep_nor_large() {
        let leaf = json!({"field": "spend", "operator": "gte", "value": 1});
        let nested = |depth: usize| (1..depth).fold(leaf.clone(), |node, _| json!({"not": node}));
        assert!(read(nested(DEPTH_MAX)).is_ok());
        assert!(read(nested(DEPTH_MAX + 1)).is_err());
        let wide = |count: usize| json!({"or": vec![leaf.clone(); count]});
        assert!(read(wide(COMPARISONS_MAX)).is_ok());
        assert_eq!(read(wide(COMPARISONS_MAX + 1)).unwrap_err(), ["condition.or"]);
        let two = json!({"and": [wide(11), wide(11)]});
        assert_eq!(read(two).unwrap_err(), ["condition"]);
    }
}
