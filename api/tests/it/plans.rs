//! Saved budget plans, and how they turned out.

use chrono::Days;
use serde_json::{Value, json};

use crate::fixture::Stratum;
use crate::predictions::{number, yesterday};

const PATH: &str = "/api/v1/plans";

/// Saves a plan of the trained tenant, moves its window to days that are reported, and compares.
pub async fn plans_are_saved_and_compared(stratum: &Stratum, token: &str, viewer: &str) {
    let budget = json!({"total_budget": 20_000.0, "optimization_goal": "maximize_revenue", "horizon_days": 28});
    let (_, told) = stratum.post("/api/v1/predictions/budget-optimize", token, &budget).await;
    let body = json!({"name": " Spring ", "budget": budget});
    let (status, answer) = stratum.post(PATH, token, &body).await;
    assert_eq!(status, 201, "{answer}");
    let saved = &answer["data"];
    assert_eq!(saved["name"], json!("Spring"));
    let (expected, all) = (&saved["expected"], &told["data"]);
    let off = number(&expected["value"]) / number(&all["total_expected_revenue"]) - 1.0;
    assert!(off.abs() < 1e-4, "{answer} {told}");
    let spent = number(&saved["budget"]) + number(&saved["unspent"]);
    assert!((spent - 20_000.0).abs() < 0.1, "{answer}");
    assert!(number(&expected["lower"]) < number(&expected["upper"]), "{answer}");

    let path = format!("{PATH}/{}", saved["id"].as_str().unwrap());
    let (status, answer) = stratum.get(&path, viewer).await;
    assert_eq!(status, 200, "{answer}");
    let outcome = &answer["data"]["outcome"];
    assert_eq!((&outcome["days"], &outcome["days_reported"]), (&json!(28), &json!(0)));
    assert_eq!((&outcome["spend"], &outcome["expected"]), (&json!(0.0), &Value::Null));

    move_to_the_past(stratum).await;
    let (_, answer) = stratum.get(&path, viewer).await;
    let outcome = &answer["data"]["outcome"];
    assert_eq!(outcome["days_reported"], json!(28), "{answer}");
    let mut sums = (0.0, 0.0);
    for one in outcome["campaigns"].as_array().unwrap() {
        assert!(number(&one["spend"]) > 0.0 && number(&one["revenue"]) > 0.0, "{one}");
        let expected = &one["expected"];
        let within = number(&expected["lower"]) <= number(&one["revenue"])
            && number(&one["revenue"]) <= number(&expected["upper"]);
        assert_eq!(one["held"], json!(within), "{one}");
        sums = (sums.0 + number(&one["spend"]), sums.1 + number(&one["revenue"]));
    }
    assert!((sums.0 - number(&outcome["spend"])).abs() < 0.05, "{answer}");
    assert!((sums.1 - number(&outcome["revenue"])).abs() < 0.05, "{answer}");
    // The model saw these days: what it expects of the spends of then is about what came.
    assert_eq!(outcome["held"], json!(true), "{answer}");

    let (_, list) = stratum.get(PATH, viewer).await;
    assert_eq!((&list["data"][0]["id"], &list["pagination"]["total"]), (&saved["id"], &json!(1)));
    assert_eq!(stratum.post(PATH, viewer, &body).await.0, 403);
    let nameless = json!({"name": " ", "budget": body["budget"]});
    assert_eq!(stratum.post(PATH, token, &nameless).await.0, 422);
    assert_eq!(delete(stratum, &path, viewer).await, 403);
    assert_eq!(delete(stratum, &path, token).await, 204);
    assert_eq!(stratum.get(&path, token).await.0, 404);
}

/// The same 28 days earlier than the last that is reported.
async fn move_to_the_past(stratum: &Stratum) {
    let mut owner = stratum.state_connection().await;
    let from = yesterday().checked_sub_days(Days::new(27)).unwrap();
    sqlx::query("UPDATE plans SET date_from = $1, date_to = $2")
        .bind(from)
        .bind(yesterday())
        .execute(&mut owner)
        .await
        .expect("an update");
}

async fn delete(stratum: &Stratum, path: &str, token: &str) -> u16 {
    let request = stratum.client().delete(format!("{}{path}", stratum.url()));
    request.bearer_auth(token).send().await.expect("an answer").status().as_u16()
}
