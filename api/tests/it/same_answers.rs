//! The same answers from the roll-ups, by the API, as from raw rows, by plain statements. Whoever calls
//! this has compared the API with a plain reference of what was sent: all three say the same.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fixture::Stratum;
use crate::load::{Days, Load};

const FIGURES: [&str; 5] =
    ["total_spend", "total_revenue", "total_clicks", "tracked_conversions", "tracked_revenue"];

/// A group of raw rows, summed by whatever is asked.
struct Raw(Vec<Value>);

/// Figures by group and currency.
type Sums = BTreeMap<(String, String), [f64; FIGURES.len()]>;

impl Raw {
    async fn read(stratum: &Stratum, statements: &[&str], places: &[(&str, &str)]) -> Raw {
        let mut rows = Vec::new();
        for statement in statements {
            let mut statement = (*statement).to_owned();
            for (place, value) in places {
                statement = statement.replace(&format!("{{{place}}}"), value);
            }
            let answer = stratum.ask_warehouse(&statement).await;
            rows.extend(answer.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
        }
        Raw(rows)
    }

    /// Sums by this field, without rows of none; of all together where no field is named.
    fn sums(&self, by: &str) -> Sums {
        let mut sums = Sums::new();
        for row in &self.0 {
            let group = row[by].as_str().unwrap_or("all").to_owned();
            let currency = row["currency"].as_str().unwrap().to_owned();
            if currency.is_empty() || group.is_empty() {
                continue;
            }
            let sums = sums.entry((group, currency)).or_default();
            for (at, figure) in FIGURES.iter().enumerate() {
                sums[at] += row[*figure].as_f64().unwrap();
            }
        }
        sums.retain(|_, sums| sums.iter().any(|sum| *sum != 0.0));
        sums
    }
}

/// What an answer shows, by the name of each part.
fn shown(parts: &[Value], name: &str) -> Sums {
    let mut sums = Sums::new();
    for part in parts {
        let group = part[name].as_str().unwrap_or("all").to_owned();
        for one in part["by_currency"].as_array().unwrap() {
            let currency = one["currency"].as_str().unwrap().to_owned();
            let figures = FIGURES.map(|figure| one[figure].as_f64().unwrap_or(0.0));
            let sums = sums.entry((group.clone(), currency)).or_default();
            for (at, figure) in figures.into_iter().enumerate() {
                sums[at] += figure;
            }
        }
    }
    sums.retain(|_, sums| sums.iter().any(|sum| *sum != 0.0));
    sums
}

fn assert_same(what: &str, shown: &Sums, raw: &Sums) {
    assert!(shown.keys().eq(raw.keys()), "{what}: {shown:?}\n{raw:?}");
    for (group, sums) in shown {
        for (at, figure) in FIGURES.iter().enumerate() {
            let (shown, raw) = (sums[at], raw[group][at]);
            let close = (shown - raw).abs() <= 1e-9 * raw.abs().max(1.0);
            assert!(close, "{what}, {group:?}: {figure} is {shown}, of raw rows {raw}");
        }
    }
}

fn list(answer: &Value, name: &str) -> Vec<Value> {
    answer[name].as_array().unwrap_or_else(|| panic!("{name}: {answer}")).clone()
}

/// Compares the answers about one tenant over these days.
pub async fn check(stratum: &Stratum, load: &Load, tenant: usize, days: &Days) {
    let (from, to) = (days.from.as_str(), days.to.as_str());
    let id = load.ask(tenant, "tenant", &[]).await["id"].to_string();
    let zone = load.world.tenants[tenant].time_zone.name();
    let places = [("tenant", id.as_str()), ("zone", zone), ("from", from), ("to", to)];
    let reported = include_str!("../sql/raw_reported.sql");
    let raw =
        Raw::read(stratum, &[reported, include_str!("../sql/raw_tracked.sql")], &places).await;
    assert!(raw.0.len() > 10, "tenant {tenant} has data");
    let range = [("date_from", from), ("date_to", to)];
    let ask = async |path: &str| load.ask(tenant, &format!("analytics/{path}"), &range).await;
    let what = |name: &str| format!("tenant {tenant}, {name}");
    let kpis = ask("kpis").await;
    assert_same(&what("kpis"), &shown(&[kpis], "all"), &raw.sums("all"));
    let platforms = list(&ask("platforms").await, "platforms");
    assert_same(&what("platforms"), &shown(&platforms, "platform"), &raw.sums("platform"));
    let days = list(&ask("series").await, "series");
    assert_same(&what("series"), &shown(&days, "date_from"), &raw.sums("day"));
    for (by, name, field) in
        [("campaign", "campaign_id", "campaign"), ("account", "account_id", "account")]
    {
        let range = [&range[..], &[("by", by), ("page_size", "100")]].concat();
        let parts = list(&load.ask(tenant, "analytics/breakdown", &range).await, "rows");
        assert_same(&what(by), &shown(&parts, name), &raw.sums(field));
    }
    let tracked = Raw::read(stratum, &[include_str!("../sql/raw_tracked.sql")], &places).await;
    for by in ["country", "device"] {
        let range = [&range[..], &[("by", by), ("page_size", "100")]].concat();
        let parts = list(&load.ask(tenant, "analytics/breakdown", &range).await, "rows");
        let only_tracked = |mut sums: Sums| {
            sums.values_mut().for_each(|sums| sums[..3].fill(0.0));
            sums.retain(|_, sums| sums.iter().any(|sum| *sum != 0.0));
            sums
        };
        let shown = only_tracked(shown(&parts, by));
        assert_same(&what(by), &shown, &tracked.sums(by));
    }
    check_masks(stratum, load, tenant, &places).await;
}

async fn check_masks(stratum: &Stratum, load: &Load, tenant: usize, places: &[(&str, &str)]) {
    let raw = Raw::read(stratum, &[include_str!("../sql/raw_masks.sql")], places).await;
    let days = Days::around(crate::load::now());
    let coverage = list(&load.ask(tenant, "emq/coverage", &days.hours()).await, "events");
    assert_eq!(coverage.len(), raw.0.len(), "tenant {tenant}");
    for row in &raw.0 {
        let name = |one: &Value| (one["event_name"].clone(), one["dataset_id"].clone());
        let said = coverage.iter().find(|one| name(one) == name(row)).expect("the event");
        for (key, with) in [("em", "with_email"), ("ph", "with_phone")] {
            let with: f64 = row[with]
                .as_str()
                .map_or_else(|| row[with].as_f64().unwrap(), |text| text.parse().unwrap());
            let share = with / row["events"].as_f64().unwrap();
            let shown = said["coverage"][key].as_f64().unwrap_or(0.0);
            assert!((shown - share).abs() < 1e-9, "tenant {tenant}, {key}: {shown} {share} {row}");
        }
    }
}
