//! An answer that says there is more and not where is no whole answer: a page would be missing.

use serde_json::{Value, json};
use stratum_models::platform::Platform;
use stratum_reports::connector::Level;

use super::replay::Reply;
use super::{Pulled, Replay, answer, days, question};

/// What a question comes to that is answered so.
async fn told(platform: Platform, mut before: Vec<Reply>, body: &Value) -> String {
    // What cannot be read is asked for again, a few times.
    before.extend(std::iter::repeat_n(Reply::text(200, &body.to_string()), 4));
    let pulled = Pulled::new(platform, Replay::of(before).await).await;
    let asked = question("1001", "UTC", Level::Campaign, days("2026-03-01", "2026-03-02"));
    let error = pulled.all(&asked).await.unwrap_err();
    format!("{}: {error}", error.code())
}

#[tokio::test]
async fn an_answer_that_lost_its_next_page_is_unreadable() {
    const UNREADABLE: &str = "unavailable: the platform's answer cannot be read";
    let next = "https://graph.example/next";
    for paging in [
        json!({"next": next}),
        json!({"next": next, "cursors": {"before": "x"}}),
        json!({"next": next, "cursors": {"after": ""}}),
    ] {
        let body = json!({"data": [], "paging": paging});
        assert_eq!(told(Platform::Meta, Vec::new(), &body).await, UNREADABLE, "{body}");
    }
    for link in
        ["https://adsapi.example/v1/x?limit=1000", "https://adsapi.example/x?cursor=", "no link"]
    {
        let body = json!({
            "request_status": "SUCCESS", "paging": {"next_link": link}, "campaigns": [],
        });
        let before = vec![answer("token.json")];
        assert_eq!(told(Platform::Snapchat, before, &body).await, UNREADABLE, "{body}");
    }
    let body = json!({"code": 0, "message": "OK", "data": {"list": []}});
    assert_eq!(told(Platform::Tiktok, Vec::new(), &body).await, UNREADABLE, "{body}");
}
