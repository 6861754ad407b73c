//! What stands beside the figures: notes, views, what needs attention, what comes in; and names that change.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Caller, at, each, fields, is_nobody_elses};
use crate::fixture::eventually;
use crate::kpis::ago;

const WAIT: std::time::Duration = std::time::Duration::from_secs(30);
const ZONE: chrono_tz::Tz = chrono_tz::UTC;
const NOWHERE: &str = "00000000-0000-7000-8000-000000000000";

pub async fn notes_stand_beside_days(
    manager: &Caller<'_>,
    viewer: &Caller<'_>,
    other: &Caller<'_>,
) {
    let day = ago(3, ZONE);
    let note = json!({"date_from": day, "platform": "meta", "text": " New landing page "});
    let made = manager.make("/notes", &note).await;
    assert_eq!((&made["text"], &made["date_to"]), (&json!("New landing page"), &json!(day)));
    let named = each(&viewer.read("/notes").await, "text");
    assert_eq!(named, [json!("New landing page")]);
    for (question, count) in [
        (format!("date_from={day}&date_to={day}"), 1),
        (format!("date_from={}&date_to={}", ago(2, ZONE), ago(1, ZONE)), 0),
        ("platform=meta,tiktok".to_owned(), 1),
        ("platform=google".to_owned(), 0),
        (format!("campaign_id={NOWHERE}"), 1),
    ] {
        let answer = viewer.read(&format!("/notes?{question}")).await;
        assert_eq!(each(&answer, "id").len(), count, "{question}: {answer}");
    }
    let path = at("/notes", &made);
    let (status, answer) = manager.patch(&path, &json!({"platform": null, "text": "Both"})).await;
    assert_eq!((status, &answer["data"]["platform"]), (200, &json!(null)), "{answer}");
    for (change, field) in [
        (json!({"text": ""}), "text"),
        (json!({"date_to": ago(4, ZONE)}), "date_to"),
        (json!({"campaign_id": NOWHERE}), "campaign_id"),
        (json!({"kind": "user"}), "kind"),
    ] {
        let (status, answer) = manager.patch(&path, &change).await;
        assert_eq!((status, fields(&answer)), (422, vec![field]), "{change}: {answer}");
    }
    assert_eq!(viewer.post("/notes", &note).await.0, 403);
    assert_eq!(other.patch(&path, &json!({"text": "stolen"})).await.0, 404);
    assert_eq!(other.delete(&path).await, 404);
    assert_eq!(each(&other.read("/notes").await, "id").len(), 0);
    assert_eq!(manager.delete(&path).await, 204);
    assert_eq!(each(&viewer.read("/notes").await, "id").len(), 0);
}

pub async fn views_are_ones_own_or_shared(
    manager: &Caller<'_>,
    viewer: &Caller<'_>,
    admin: &Caller<'_>,
) {
    let body = json!({"name": "Morning", "path": "/?platform=meta&vs=year"});
    let mine = manager.make("/views", &body).await;
    assert_eq!((&mine["is_own"], &mine["is_shared"]), (&json!(true), &json!(false)));
    assert_eq!(manager.post("/views", &body).await.0, 409, "one name, one view");
    assert_eq!(viewer.read("/views").await["data"], json!([]), "it is private");
    let path = at("/views", &mine);
    is_nobody_elses_view(&path, viewer).await;
    let (status, _) = manager.patch(&path, &json!({"is_shared": true})).await;
    assert_eq!(status, 200);
    let shared = viewer.read("/views").await["data"][0].clone();
    assert_eq!((&shared["name"], &shared["is_own"]), (&json!("Morning"), &json!(false)));
    is_nobody_elses_view(&path, viewer).await;
    for (path, field) in
        [("//evil.example", "path"), ("https://evil.example", "path"), ("/\\evil", "path")]
    {
        let (status, answer) = manager.post("/views", &json!({"name": "x", "path": path})).await;
        assert_eq!((status, fields(&answer)), (422, vec![field]), "{path}: {answer}");
    }
    assert_eq!(admin.delete(&path).await, 204, "an admin takes away what is shared");
    assert_eq!(manager.read("/views").await["data"], json!([]));
}

async fn is_nobody_elses_view(path: &str, other: &Caller<'_>) {
    assert_eq!(other.patch(path, &json!({"name": "stolen"})).await.0, 404, "{path}");
    assert_eq!(other.delete(path).await, 404, "{path}");
}

/// The tenant's Google campaign has not reported for some days.
pub async fn what_needs_attention_is_told_and_put_aside(
    manager: &Caller<'_>,
    viewer: &Caller<'_>,
    other: &Caller<'_>,
) {
    let days = format!("date_from={}&date_to={}", ago(7, ZONE), ago(1, ZONE));
    let path = format!("/attention?{days}");
    let answer = viewer.read(&path).await;
    let silent = concern(&answer, "unreported:google");
    assert_eq!((&silent["severity"], &silent["kind"]), (&json!("warn"), &json!("unreported")));
    assert_eq!(silent["values"]["date_from"], json!(ago(2, ZONE)), "{silent}");
    assert_eq!(silent["since"].as_str().unwrap()[..10], ago(2, ZONE).to_string());
    let refused = concern(&answer, "refused:81");
    assert_eq!((&refused["values"]["rows"], &refused["dismissed"]), (&json!(1), &json!(null)));
    let body = json!({"concern": "refused:81", "reason": "A test of ours", "days": 3});
    assert_eq!(viewer.post("/attention/dismissals", &body).await.0, 403);
    manager.make("/attention/dismissals", &body).await;
    let answer = viewer.read(&path).await;
    let last = answer["data"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["concern"], &last["dismissed"]["reason"]),
        (&json!("refused:81"), &json!("A test of ours"))
    );
    assert_eq!(other.read(&path).await["data"], json!([]), "another tenant's");
    for (change, field) in [
        (json!({"concern": "weather:bad"}), "concern"),
        (json!({"reason": " "}), "reason"),
        (json!({"days": 91}), "days"),
    ] {
        let mut wrong = body.clone();
        wrong.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let (status, answer) = manager.post("/attention/dismissals", &wrong).await;
        assert_eq!((status, fields(&answer)), (422, vec![field]), "{change}: {answer}");
    }
    assert_eq!(other.delete("/attention/dismissals/refused:81").await, 404);
    assert_eq!(manager.delete("/attention/dismissals/refused:81").await, 204);
    assert_eq!(concern(&viewer.read(&path).await, "refused:81")["dismissed"], json!(null));
}

fn concern(answer: &Value, name: &str) -> Value {
    let all = answer["data"].as_array().unwrap().iter();
    all.clone()
        .find(|one| one["concern"] == name)
        .unwrap_or_else(|| panic!("{name}: {answer}"))
        .clone()
}

/// Two purchases of one sender landed, a third of nobody's campaign, and one event was refused.
pub async fn what_comes_in_is_shown(viewer: &Caller<'_>, other: &Caller<'_>) {
    let recent = viewer.read("/events/recent?dataset_id=81").await;
    let events = recent["data"].as_array().unwrap().clone();
    assert_eq!(events.len(), 4, "{recent}");
    let refused = events.iter().find(|one| one["outcome"] == "refused").unwrap();
    assert_eq!(
        (&refused["reason"], &refused["event_id"]),
        (&json!("too_old"), &json!(null)),
        "{refused}"
    );
    let landed = events.iter().find(|one| one["event_id"] == "o-1").unwrap();
    assert!(landed["score"].as_f64().is_some_and(|score| score > 5.0), "{landed}");
    assert_eq!((&landed["event_name"], &landed["dialect"]), (&json!("Purchase"), &json!("meta")));
    let text = recent.to_string();
    assert!(!text.contains("ana@") && !text.contains("Firefox"), "nothing of a person");
    let newest = events[0]["received_at"].as_str().unwrap();
    assert_eq!(viewer.read(&format!("/events/recent?after={newest}")).await["data"], json!([]));
    assert_eq!(each(&viewer.read("/events/recent?limit=1").await, "outcome").len(), 1);
    assert_eq!(other.read("/events/recent").await["data"], json!([]));
    for (step, count) in [("minute", 60), ("hour", 48)] {
        let answer = viewer.read(&format!("/events/arrivals?step={step}")).await;
        let total = |part| each(&answer, part).iter().filter_map(Value::as_u64).sum::<u64>();
        assert_eq!((each(&answer, "at").len(), total("landed"), total("rejected")), (count, 3, 1));
    }
    for question in ["recent?limit=0", "recent?after=now", "arrivals?step=day"] {
        assert_eq!(viewer.get(&format!("/events/{question}")).await.0, 400, "{question}");
    }
}

pub async fn match_quality_is_told_by_day(viewer: &Caller<'_>) {
    let days = format!("from={}&to={}", ago(7, ZONE), ago(1, ZONE));
    let scores = viewer.read(&format!("/emq/score?{days}")).await["data"].clone();
    let meta = &scores["platforms"][0];
    assert_eq!((&meta["events"], &meta["too_few"]), (&json!(3), &json!(true)), "{meta}");
    let ends = ["low", "high"].map(|end| meta["interval"][end].as_f64().unwrap());
    assert!(ends[0] <= ends[1], "{meta}");
    let history = viewer.read(&format!("/emq/history?{days}")).await["data"].clone();
    let told = history["platforms"][0]["days"].as_array().unwrap();
    let events: Vec<_> = told.iter().map(|day| day["events"].as_u64().unwrap()).collect();
    assert_eq!(events, [0, 0, 0, 0, 0, 1, 2], "{history}");
    assert_eq!((&told[0]["score"], &told[6]["date"]), (&json!(null), &json!(ago(1, ZONE))));
    let all = viewer.read(&format!("/emq/diagnostics?from={}&platform=meta", ago(7, ZONE))).await;
    let one = &all["data"]["platforms"][0];
    assert_eq!(one["score"]["events"], one["coverage"]["events"]);
    assert_eq!(
        (&one["arrivals"]["received"], &one["arrivals"]["rejected"]),
        (&json!(4), &json!(1))
    );
    assert_eq!(one["arrivals"]["duplicate_rate"], json!(0.0));
}

pub async fn names_change_and_datasets_are_archived(
    admin: &Caller<'_>,
    other: &Caller<'_>,
    key: &str,
) {
    let datasets = admin.read("/datasets").await;
    let path = at("/datasets", &datasets["data"][0]);
    assert_eq!(other.patch(&path, &json!({"name": "stolen"})).await.0, 404);
    let (status, answer) = admin.patch(&path, &json!({"name": " Shop ", "archived": true})).await;
    assert_eq!((status, &answer["data"]["name"]), (200, &json!("Shop")), "{answer}");
    assert!(answer["data"]["archived_at"].is_string(), "{answer}");
    let body = json!({"data": []});
    let closed = async || {
        let (status, answer) = admin.stratum.post("/v24.0/81/events", key, &body).await;
        answer.to_string().contains("does not exist").then_some(()).filter(|()| status == 400)
    };
    eventually("an archived dataset takes events", WAIT, closed).await;
    let (_, answer) = admin.patch(&path, &json!({"archived": false})).await;
    assert_eq!(answer["data"]["archived_at"], json!(null));
    let keys = admin.read("/api-keys").await;
    let path = at("/api-keys", &keys["data"][0]);
    let (status, answer) = admin.patch(&path, &json!({"name": "Web shop"})).await;
    assert_eq!((status, &answer["data"]["name"]), (200, &json!("Web shop")), "{answer}");
    assert_eq!(other.patch(&path, &json!({"name": "stolen"})).await.0, 404);
    let rates = json!({"rates": [{"date": ago(1, ZONE), "currency": "USD", "per_usd": 1}]});
    let wrong = admin.call(Method::PUT, "/fx-rates", Some(&rates)).await;
    assert_eq!(wrong.0, 422, "{wrong:?}");
    let rates = json!({"rates": [{"date": ago(1, ZONE), "currency": "GBP", "per_usd": 0.8}]});
    assert_eq!(admin.call(Method::PUT, "/fx-rates", Some(&rates)).await.0, 200);
    let path = format!("/fx-rates/{}/GBP", ago(1, ZONE));
    assert_eq!(other.delete(&path).await, 404);
    assert_eq!(admin.delete(&path).await, 204);
    assert_eq!(admin.delete(&path).await, 404);
    assert_eq!(admin.delete("/fx-rates/x/GBP").await, 404);
    let kinds = admin.read("/connectors/kinds").await;
    let google = kinds["data"].as_array().unwrap().iter().find(|one| one["platform"] == "google");
    let fields = google.unwrap()["credentials"].as_array().unwrap();
    assert_eq!(fields.last(), Some(&json!({"name": "login_customer_id", "required": false})));
    is_nobody_elses(&at("/campaigns", &admin.read("/campaigns").await["data"][0]), other).await;
}
