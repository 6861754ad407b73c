//! The history's own promises.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::platform::Platform;

const NOW: UnixMillis = UnixMillis(1_795_341_335_844);
const DAYS: u32 = 396;

fn history() -> History {
    History::new(1, DAYS, NOW.day_in(chrono_tz::UTC), NOW)
}

fn rows(told: &[ReportBatch]) -> Vec<Value> {
    told.iter()
        .flat_map(|one| match serde_json::from_slice(&one.body).expect("JSON") {
            Value::Array(rows) => rows,
            other => panic!("{other} is no list"),
        })
        .collect()
}

fn events(history: &History, tenant: usize, days: i32) -> Vec<Value> {
    let range = history.anchor - days..=history.anchor;
    let requests = history.events(tenant, range, NOW);
    assert!(requests.iter().all(|request| (1..=1_000).contains(&request.events)));
    requests
        .iter()
        .flat_map(|request| {
            let body: Value = serde_json::from_slice(&request.body).expect("JSON");
            body["data"].as_array().expect("events").clone()
        })
        .collect()
}

#[test]
fn a_seed_and_a_day_give_the_same_history() {
    let (one, other) = (history(), history());
    let range = one.anchor - 9..=one.anchor;
    assert_eq!(one.reports(range.clone()), other.reports(range.clone()));
    assert_eq!(one.events(1, range.clone(), NOW), other.events(1, range.clone(), NOW));
    assert_eq!(one.rates(range.clone()), other.rates(range));
}

#[test]
fn what_is_tracked_is_somewhat_less_than_what_is_claimed() {
    let history = history();
    for (at, tenant) in history.world().tenants.iter().enumerate() {
        for (number, campaign) in tenant.campaigns.iter().enumerate() {
            let days = (history.anchor - 200)..history.anchor;
            let days = days.filter_map(|day| history.campaign_day(at, number, day));
            let (claimed, orders) = days.fold((0, 0), |(claimed, orders), day| {
                (claimed + day.claimed, orders + day.orders * 100)
            });
            let share = orders as f64 / claimed as f64;
            let wanted = if campaign.platform == Platform::Meta { 0.8 } else { 0.4 };
            assert!((share - wanted).abs() < 0.06, "{}: {share}", campaign.name);
        }
    }
}

#[test]
fn no_event_lies_ahead_and_each_has_an_id_of_its_own() {
    let history = history();
    for tenant in 0..3 {
        let events = events(&history, tenant, 20);
        assert!(events.len() > 500, "{}", events.len());
        let id = |one: &Value| format!("{}{}", one["event_name"], one["event_id"]);
        assert_eq!(events.iter().map(id).collect::<BTreeSet<_>>().len(), events.len());
        let last = events.iter().filter_map(|one| one["event_time"].as_i64()).max();
        assert!(last.is_some_and(|last| last * 1_000 < NOW.0));
    }
}

#[test]
fn one_shop_sends_the_hash_of_nothing_since_its_fault() {
    let history = history();
    let empty = crate::demo::person::hex_sha256("");
    let share = |tenant, days: i32| {
        let events = events(&history, tenant, days);
        let bad = events.iter().filter(|one| one["user_data"]["em"] == empty.as_str());
        bad.count() as f64 / events.len() as f64
    };
    assert!(share(FAULT_TENANT, 6) > 0.3, "{}", share(FAULT_TENANT, 6));
    assert!(share(0, 6) < 0.03);
}

#[test]
fn reports_hold_a_late_platform_a_restatement_and_two_currencies() {
    let history = history();
    let told = history.reports(history.first_day()..=history.anchor - 1);
    assert!(told.iter().all(|one| one.rows <= 10_000 && !one.body.is_empty()));
    let paris: Vec<ReportBatch> = told.into_iter().filter(|one| one.tenant_index == 1).collect();
    let rows = rows(&paris);
    let whole = |one: &&Value| one.get("ad_id").is_none() && one.get("device").is_none();
    let newest = |platform: &str| {
        let of = rows.iter().filter(|one| one["platform"] == platform);
        of.filter_map(|one| one["date"].as_str()).max().map(str::to_owned)
    };
    assert!(newest("google") < newest("meta"));
    let currencies: BTreeSet<&str> =
        rows.iter().filter_map(|one| one["currency"].as_str()).collect();
    assert_eq!(currencies.len(), 2, "{currencies:?}");
    let tenant = &history.world().tenants[1];
    let restated = &tenant.campaigns[4].id;
    let day = Day::from_epoch_days(history.anchor - 10).expect("a day").0.to_string();
    let told = rows
        .iter()
        .filter(whole)
        .filter(|one| one["campaign_id"] == restated.as_str() && one["date"] == day.as_str());
    let revenue: Vec<f64> = told.filter_map(|one| one["revenue"].as_f64()).collect();
    assert!(revenue.len() >= 3 && revenue[2] < revenue[1], "{revenue:?}");
}

#[test]
fn every_currency_has_a_rate_on_every_day() {
    let history = history();
    let rates = history.rates(history.anchor - 30..=history.anchor);
    let currencies: BTreeSet<Currency> = rates.iter().map(|rate| rate.currency).collect();
    assert_eq!(rates.len(), currencies.len() * 31);
    assert!(rates.iter().all(|rate| rate.per_usd_nanos > 0));
    for tenant in &history.world().tenants {
        for currency in [tenant.currency, tenant.second_currency] {
            assert!(currency == Currency::USD || currencies.contains(&currency));
        }
    }
}
