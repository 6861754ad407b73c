//! Rules over campaigns, through the front door: a condition that begins to hold acts once.

use std::time::Duration;

use serde_json::{Value, json};
use stratum_models::time::{DAY_MS, UnixMillis};

use crate::fixture::{Stratum, TestTenant, eventually};
use crate::load::now;
use crate::predictions::QUIET;
use crate::resources::{Caller, at};

/// Reports land a second later and are looked at often; a machine full of tests is slow.
const WAIT: Duration = Duration::from_secs(60);
/// Days of reports before today.
const DAYS: i64 = 12;
/// Looks of a rule that are waited for while nothing changes.
const LOOKS: usize = 5;

/// Rules are looked at all the time.
const BUSY: &[(&str, &str)] = &[
    ("STRATUM__rules__check_ms", "100"),
    ("STRATUM__rules__look_ms", "100"),
    ("STRATUM__rules__idle_ms", "100"),
    ("STRATUM__campaign_discovery__every_ms", "200"),
    ("STRATUM__jobs__poll_ms", "200"),
];

fn day(back: i64) -> String {
    UnixMillis(now().0 - back * DAY_MS).day_in(chrono_tz::UTC).0.to_string()
}

/// The revenue of a campaign on a day: that of `low` falls below its spend of 100 on the last four days.
fn revenue(campaign: &str, back: i64) -> i64 {
    match campaign {
        "low" if back <= 4 => 40 + 5 * back,
        "low" => 300,
        _ => 250,
    }
}

fn reports() -> Value {
    let each = ["low", "high"].into_iter().flat_map(|campaign| {
        (1..=DAYS).map(move |back| {
            json!({
                "platform": "meta", "account_id": "act_1", "campaign_id": campaign,
                "campaign_name": campaign, "date": day(back), "currency": "EUR", "spend": 100,
                "impressions": 1_000, "clicks": 50, "conversions": 2,
                "revenue": revenue(campaign, back),
            })
        })
    });
    json!(each.collect::<Vec<_>>())
}

/// A rule that labels and tells of campaigns that earned less than they spent over three days.
fn rule(users: &[&str]) -> Value {
    json!({
        "name": "Low ROAS",
        "condition": {"and": [
            {"field": "roas", "operator": "less_than", "value": 1, "window_days": 3},
            {"field": "status", "operator": "equals", "value": "active"},
        ]},
        "actions": [
            {"type": "apply_label", "label": "low-roas"},
            {"type": "send_alert", "user_ids": users},
            {"type": "pause_campaign"},
        ],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_tried_out_and_acts_once() {
    let mut stratum = Stratum::start(&[BUSY, QUIET].concat()).await;
    let (token, campaigns) = everything_but_a_crash(&stratum).await;
    // Killed while it may be deciding: it acts all the same, and once.
    let admin = Caller { stratum: &stratum, token };
    let made = admin.make("/rules", &rule(&[])).await;
    let token = admin.token;
    stratum.kill().await;
    stratum.restart().await;
    let admin = Caller { stratum: &stratum, token };
    looks(&admin, &made, 2).await;
    let done = executions(&admin, &made).await;
    assert_eq!(done.len(), 3, "{done:?}");
    assert!(done.iter().all(|one| one["campaign_id"] == json!(campaigns[0])), "{done:?}");
    let campaign = admin.read(&format!("/campaigns/{}", campaigns[0])).await["data"].clone();
    assert_eq!(campaign["labels"], json!(["low-roas"]));
}

/// An admin's token and the campaigns, once everything was tried.
async fn everything_but_a_crash(stratum: &Stratum) -> (String, [String; 2]) {
    let tenant = stratum.create_tenant("One", "UTC", "EUR").await;
    let admin = Caller::of(stratum, &tenant, "admin").await;
    let viewer = Caller::of(stratum, &tenant, "viewer").await;
    let foreign = stratum.create_tenant("Other", "UTC", "EUR").await;
    let other = Caller::of(stratum, &foreign, "admin").await;
    let campaigns = report(stratum, &tenant, &admin).await;
    let me = admin.read("/auth/me").await["data"]["id"].as_str().unwrap().to_owned();
    a_dry_run_is_a_recount(&admin, &campaigns, &rule(&[&me])).await;
    let made = admin.make("/rules", &rule(&[&me])).await;
    assert_eq!((&made["version"], &made["needs_connector"]), (&json!(1), &json!(true)), "{made}");
    it_acts_once(stratum, &admin, &made, &campaigns).await;
    a_false_and_the_pause_come_before_the_next_act(stratum, &admin, &made, &campaigns).await;
    who_may_not_sees_or_changes_nothing(&viewer, &other, &made, &rule(&[&me])).await;
    mistakes_are_named(&admin, &rule(&[&me])).await;
    let path = at("/rules", &made);
    assert_eq!(admin.delete(&path).await, 204);
    assert_eq!(admin.get(&path).await.0, 404);
    assert_eq!(admin.read("/rules/executions").await["pagination"]["total"], 0);
    // For the next rule to give it anew.
    let low = format!("/campaigns/{}", campaigns[0]);
    assert_eq!(admin.patch(&low, &json!({"labels": []})).await.0, 200);
    (admin.token, campaigns)
}

/// The ids of the campaigns `low` and `high`, once their reports are there.
async fn report(stratum: &Stratum, tenant: &TestTenant<'_>, admin: &Caller<'_>) -> [String; 2] {
    let key = tenant.create_ingest_key().await;
    let (status, answer) = stratum.post("/api/v1/ad-reports", &key, &reports()).await;
    assert_eq!(status, 200, "{answer}");
    let there = async || {
        let answer = admin.read("/campaigns?sort_by=name&sort_order=asc").await;
        let items = answer["data"].as_array().unwrap().clone();
        let is_whole = |item: &Value| item["total_spend"] == json!(100.0 * DAYS as f64);
        let ids: Vec<String> = items
            .iter()
            .filter(|item| is_whole(item))
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect();
        let [high, low] = <[String; 2]>::try_from(ids).ok()?;
        Some([low, high])
    };
    eventually("the campaigns do not show up", WAIT, there).await
}

/// A dry run acts on the day after the first window whose sums, counted anew, fulfil the condition.
async fn a_dry_run_is_a_recount(admin: &Caller<'_>, [low, _]: &[String; 2], rule: &Value) {
    let (status, answer) = admin.post("/rules/test", &json!({"rule": rule, "days": 9})).await;
    assert_eq!(status, 200, "{answer}");
    let data = &answer["data"];
    assert_eq!((&data["campaigns"], &data["needs_connector"]), (&json!(2), &json!(true)));
    let holds = |campaign: &str, back: i64| {
        (back + 1..=back + 3).map(|back| revenue(campaign, back)).sum::<i64>() < 300
    };
    let mut first = None;
    let days = data["days"].as_array().unwrap();
    assert_eq!(days.len(), 9);
    for (told, back) in days.iter().zip((0..9).rev()) {
        let found = ["low", "high"].iter().filter(|one| holds(one, back)).count();
        let counts = json!({"true": found, "false": 2 - found, "unknown": 0});
        assert_eq!((&told["date"], &told["campaigns"]), (&json!(day(back)), &counts), "{told}");
        if found > 0 && first.is_none() {
            first = Some(back);
        }
        assert_eq!(told["acts"], json!(u32::from(first == Some(back))), "{told}");
    }
    let act = &data["acts"][0];
    let expected = (json!(day(first.unwrap())), json!(low), json!(1));
    assert_eq!(
        (&act["date"], &act["campaign_id"], &data["acts_total"]),
        (&expected.0, &expected.1, &expected.2)
    );
    let sum: i64 = (1..=3).map(|back| revenue("low", first.unwrap() + back)).sum();
    let seen = act["observed"][0]["observed"].as_f64().unwrap();
    assert!((seen - sum as f64 / 300.0).abs() < 1e-9, "{act}");
    assert_eq!(admin.read("/rules").await["pagination"]["total"], 0, "nothing was saved");
}

async fn executions(admin: &Caller<'_>, rule: &Value) -> Vec<Value> {
    let answer = admin.read(&format!("{}/executions", at("/rules", rule))).await;
    answer["data"].as_array().unwrap().clone()
}

/// Waits until the rule was looked at so often again.
async fn looks(admin: &Caller<'_>, rule: &Value, count: usize) -> Value {
    let mut last = admin.read(&at("/rules", rule)).await["data"]["evaluated_at"].clone();
    let mut found = Value::Null;
    for _ in 0..count {
        let next = async || {
            let now = admin.read(&at("/rules", rule)).await["data"].clone();
            (now["evaluated_at"] != last).then_some(now)
        };
        found = eventually("the rule is not looked at", WAIT, next).await;
        last = found["evaluated_at"].clone();
    }
    found
}

/// However often it is looked at, each action of the episode is done once, with the values that were seen.
async fn it_acts_once(
    stratum: &Stratum,
    admin: &Caller<'_>,
    rule: &Value,
    [low, high]: &[String; 2],
) {
    let seen = looks(admin, rule, LOOKS).await;
    assert_eq!(seen["campaigns"], json!({"true": 1, "false": 1, "unknown": 0}), "{seen}");
    assert_eq!((&seen["firing"], &seen["error"]), (&json!(1), &Value::Null));
    let done = executions(admin, rule).await;
    assert_eq!(done.len(), 3, "{done:?}");
    for (kind, outcome) in
        [("apply_label", "done"), ("send_alert", "done"), ("pause_campaign", "needs_connector")]
    {
        let one = done.iter().find(|one| one["action"]["type"] == kind).unwrap();
        assert_eq!((&one["outcome"], &one["campaign_id"]), (&json!(outcome), &json!(low)), "{one}");
        let sum: i64 = (1..=3).map(|back| revenue("low", back)).sum();
        let observed = one["observed"][0]["observed"].as_f64().unwrap();
        assert!((observed - sum as f64 / 300.0).abs() < 1e-9, "{one}");
        assert_eq!(one["observed"][1]["observed"], json!("active"));
    }
    a_campaign_is_labelled_and_told(stratum, admin, low, high).await;
}

async fn a_campaign_is_labelled_and_told(
    stratum: &Stratum,
    admin: &Caller<'_>,
    low: &str,
    high: &str,
) {
    let campaign = admin.read(&format!("/campaigns/{low}")).await["data"].clone();
    assert_eq!(
        (&campaign["labels"], &campaign["status"]),
        (&json!(["low-roas"]), &json!("active")),
        "labelled once, and not paused here alone"
    );
    let unharmed = admin.read(&format!("/campaigns/{high}")).await["data"].clone();
    assert_eq!(unharmed["labels"], json!([]));
    let concerns = admin.read("/attention").await["data"].clone();
    let concern = concerns.as_array().unwrap().iter().find(|one| one["kind"] == "rule").cloned();
    let concern = concern.expect("it needs attention");
    assert_eq!(
        (&concern["values"]["name"], &concern["values"]["campaigns"]),
        (&json!("Low ROAS"), &json!(1))
    );
    let acted = admin.read("/audit?action=rule.acted").await;
    assert_eq!(acted["pagination"]["total"], 1, "{acted}");
    let letters = async || {
        let folder = std::fs::read_dir(stratum.data_folder().join("mail")).ok()?;
        let letters: Vec<String> = folder
            .filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok())
            .filter(|text| text.contains("The rule \"Low ROAS\" now holds for 1 campaign"))
            .collect();
        (!letters.is_empty()).then_some(letters)
    };
    let letters = eventually("no letter is written", WAIT, letters).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert!(letters[0].contains("\"low\"") && letters[0].contains("roas of 3 days: 0.5"));
}

/// Once the condition did not hold, and the pause is over, it acts again; before that it does not.
async fn a_false_and_the_pause_come_before_the_next_act(
    stratum: &Stratum,
    admin: &Caller<'_>,
    rule: &Value,
    [low, _]: &[String; 2],
) {
    let path = format!("/campaigns/{low}");
    let set = async |status: &str| {
        let (answered, _) = admin.patch(&path, &json!({"status": status})).await;
        assert_eq!(answered, 200);
        looks(admin, rule, 2).await
    };
    assert_eq!(set("paused").await["firing"], json!(0));
    assert_eq!(set("active").await["firing"], json!(0), "the pause of a day is not over");
    assert_eq!(executions(admin, rule).await.len(), 3);
    let mut owner = stratum.state_connection().await;
    sqlx::query("UPDATE rule_episodes SET acted_at = acted_at - interval '2 days'")
        .execute(&mut owner)
        .await
        .unwrap();
    assert_eq!(looks(admin, rule, 2).await["firing"], json!(1));
    let done = executions(admin, rule).await;
    assert_eq!((done.len(), &done[0]["episode"]), (6, &json!(2)), "{done:?}");
    let label = done.iter().find(|one| one["action"]["type"] == "apply_label").unwrap();
    assert_eq!(label["outcome"], json!("unchanged"));
    // Another content is another version, which waits for the pause as well.
    let mut body = rule.clone();
    let fields = [
        "id",
        "version",
        "needs_connector",
        "evaluated_at",
        "campaigns",
        "firing",
        "error",
        "created_at",
        "updated_at",
    ];
    for field in fields {
        body.as_object_mut().unwrap().remove(field);
    }
    body["condition"]["and"][0]["value"] = json!(0.9);
    let (status, answer) = admin.call(reqwest::Method::PUT, &at("/rules", rule), Some(&body)).await;
    assert_eq!((status, &answer["data"]["version"]), (200, &json!(2)), "{answer}");
    assert_eq!(looks(admin, rule, 2).await["firing"], json!(0));
    // A rule that is switched off is not looked at, and needs no attention.
    let (status, _) = admin.patch(&at("/rules", rule), &json!({"enabled": false})).await;
    assert_eq!(status, 200);
    let concerns = admin.read("/attention").await["data"].clone();
    assert!(concerns.as_array().unwrap().iter().all(|one| one["kind"] != "rule"), "{concerns}");
}

async fn who_may_not_sees_or_changes_nothing(
    viewer: &Caller<'_>,
    other: &Caller<'_>,
    rule: &Value,
    body: &Value,
) {
    let path = at("/rules", rule);
    assert_eq!(viewer.get(&path).await.0, 200);
    assert_eq!(viewer.post("/rules", body).await.0, 403);
    assert_eq!(viewer.post("/rules/test", &json!({"rule": body})).await.0, 403);
    assert_eq!(viewer.delete(&path).await, 403);
    for list in ["/rules", "/rules/executions"] {
        assert_eq!(other.read(list).await["pagination"]["total"], 0, "{list}");
    }
    assert_eq!(other.get(&path).await.0, 404);
    assert_eq!(other.get(&format!("{path}/executions")).await.0, 404);
    assert_eq!(other.post(&format!("{path}/test"), &json!({})).await.0, 404);
    assert_eq!(other.patch(&path, &json!({"enabled": false})).await.0, 404);
    assert_eq!(other.delete(&path).await, 404);
    // Nobody is written to by a rule of somebody else.
    assert_eq!(other.post("/rules", body).await.0, 422);
}

async fn mistakes_are_named(admin: &Caller<'_>, body: &Value) {
    assert_eq!(admin.post("/rules", body).await.0, 409);
    let mut wrong = body.clone();
    wrong["name"] = json!("Another");
    wrong["condition"]["and"][0]["operator"] = json!("contains");
    let (status, answer) = admin.post("/rules", &wrong).await;
    let field = &answer["details"][0]["field"];
    assert_eq!((status, field), (422, &json!("condition.and[0].operator")), "{answer}");
    let (status, _) = admin.post("/rules/test", &json!({"rule": body, "days": 61})).await;
    assert_eq!(status, 422);
}
