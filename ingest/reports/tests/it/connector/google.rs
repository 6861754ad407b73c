//! Google Ads.

use std::time::Duration;

use serde_json::Value;
use stratum_models::platform::Platform;
use stratum_reports::connector::row::added_up;
use stratum_reports::connector::{
    ConversionChoice, Cursor, Level, PullError, PulledSplit, Question,
};

use super::replay::{Asked, Reply};
use super::{Pulled, Replay, answer, days, failure, question, shows_nothing, told};

async fn pulled(replies: Vec<Reply>) -> Pulled {
    Pulled::new(Platform::Google, Replay::of(replies).await).await
}

fn asked(level: Level) -> Question {
    question("123-456-7890", "Europe/Berlin", level, days("2026-03-01", "2026-03-29"))
}

fn query(asked: &Asked) -> String {
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    body["query"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn campaigns_come_page_by_page_after_a_token_was_got() {
    let replies = vec![
        answer("token.json"),
        answer("google/campaigns_1.json"),
        answer("google/campaigns_2.json"),
    ];
    let pulled = pulled(replies).await;
    let (rows, _) = pulled.all(&asked(Level::Campaign)).await.unwrap();
    let figures: Vec<_> = rows.iter().map(told).collect();
    assert_eq!(
        figures,
        [
            ["2026-03-29", "77", "45.670000", "9001", "120", "3.5", "210.4"],
            ["2026-03-29", "78", "0.000001", "3", "0", "0", "0"],
        ]
    );
    let asked = pulled.replay.asked();
    assert_eq!(asked[0].path, "/token");
    assert_eq!(
        asked[0].body,
        "grant_type=refresh_token&client_id=client-hunter2&client_secret=secret-hunter2&refresh_token=refresh-hunter2"
    );
    for one in &asked[1..] {
        assert_eq!(one.path, "/v26/customers/1234567890/googleAds:search");
        assert_eq!(one.headers["authorization"], "Bearer ya29-first");
        assert_eq!(one.headers["developer-token"], "developer-hunter2");
        assert!(!one.headers.contains_key("login-customer-id"));
    }
    assert!(
        query(&asked[1])
            .contains("FROM campaign WHERE segments.date BETWEEN '2026-03-01' AND '2026-03-29'")
    );
    let second: Value = serde_json::from_str(&asked[2].body).unwrap();
    assert_eq!(second["pageToken"], "CjQKMhIw");
    assert!(pulled.api.renewed().is_none());
}

#[tokio::test]
async fn ads_and_countries_have_their_own_resources() {
    let replies =
        vec![answer("token.json"), answer("google/ads.json"), answer("google/countries.json")];
    let pulled = pulled(replies).await;
    let (rows, _) = pulled.all(&asked(Level::Ad)).await.unwrap();
    let ad = PulledSplit::Ad {
        ad_set_id: "8001".into(),
        ad_set_name: "Shoes".into(),
        id: "9001".into(),
        name: String::new(),
    };
    assert_eq!((rows.len(), &rows[0].split), (1, &ad));
    assert!(pulled.api.spreads(Level::Country));
    let (rows, _) = pulled.all(&asked(Level::Country)).await.unwrap();
    let rows = added_up(rows);
    let told: Vec<_> = rows.iter().map(|row| (&row.split, row.spend.as_str())).collect();
    let country = |code: &str| PulledSplit::Country(code.to_owned());
    assert_eq!(told, [(&country("DE"), "1.500000"), (&country("AT"), "0.250000")]);
    let asked = pulled.replay.asked();
    assert!(query(&asked[1]).contains("FROM ad_group_ad "), "{}", query(&asked[1]));
    assert!(query(&asked[2]).contains("FROM user_location_view "));
}

#[tokio::test]
async fn a_connector_may_count_all_conversions() {
    let counting = ConversionChoice { conversion: Some("all_conversions".into()) };
    let body = r#"{"results": [{"campaign": {"id": 1}, "segments": {"date": "2026-03-01"},
        "metrics": {"allConversions": 2, "allConversionsValue": 8.5}}]}"#;
    let replay = Replay::of([answer("token.json"), Reply::text(200, body)]).await;
    let pulled = Pulled::counting(Platform::Google, replay, counting).await;
    let (rows, _) = pulled.all(&asked(Level::Campaign)).await.unwrap();
    assert_eq!(told(&rows[0]), ["2026-03-01", "1", "0", "0", "0", "2", "8.5"]);
    assert!(query(&pulled.replay.asked()[1]).contains("metrics.all_conversions_value"));
}

#[tokio::test]
async fn an_access_token_is_renewed_when_it_ends_and_when_it_is_not_accepted() {
    let replies = vec![
        answer("token.json"),
        answer("google/account.json"),
        // An hour later …
        answer("token.json"),
        answer("google/account.json"),
        // … and when the platform says so, once.
        failure(401, "google/error_token.json"),
        answer("token_second.json"),
        answer("google/account.json"),
        failure(401, "google/error_token.json"),
        answer("token.json"),
        failure(401, "google/error_token.json"),
    ];
    let pulled = pulled(replies).await;
    let account = pulled.api.account("123-456-7890").await.unwrap();
    assert_eq!((account.id.as_str(), account.name.as_str()), ("123-456-7890", "Rhein Markt"));
    assert_eq!((account.currency.as_str(), account.zone.name()), ("EUR", "Europe/Berlin"));
    pulled.time.pass(Duration::from_secs(3_600));
    pulled.api.account("123-456-7890").await.unwrap();
    assert!(pulled.api.renewed().is_none());
    pulled.api.account("123-456-7890").await.unwrap();
    let renewed = pulled.api.renewed().unwrap();
    assert_eq!(renewed.get("refresh_token"), "refresh-hunter3");
    assert_eq!(renewed.get("developer_token"), "developer-hunter2");
    let error = pulled.api.account("123-456-7890").await.unwrap_err();
    assert_eq!(error.code(), "unauthorized");
    let asked = pulled.replay.asked();
    assert_eq!(asked[6].headers["authorization"], "Bearer ya29-second");
    assert!(asked[8].body.contains("refresh_token=refresh-hunter3"));
}

#[tokio::test]
async fn a_withdrawn_refresh_token_wants_a_person() {
    let pulled = pulled(vec![failure(400, "token_withdrawn.json")]).await;
    let error = pulled.api.account("1234567890").await.unwrap_err();
    assert_eq!(error.code(), "unauthorized");
    assert!(error.to_string().contains("connect the account again"), "{error}");
    shows_nothing(&error);
    pulled.replay.asked();
}

#[tokio::test]
async fn quotas_are_waited_for_as_long_as_they_say() {
    let replies = vec![
        answer("token.json"),
        failure(429, "google/error_quota.json"),
        failure(500, "google/error_internal.json"),
        answer("google/account.json"),
    ];
    let pulled = pulled(replies).await;
    pulled.api.account("1234567890").await.unwrap();
    assert_eq!(pulled.time.rests(), [12.0, 2.0]);
    pulled.replay.asked();
}

#[tokio::test]
async fn what_google_refuses_is_told_without_the_credentials() {
    let replies = vec![
        answer("token.json"),
        failure(403, "google/error_permission.json"),
        failure(400, "google/error_page.json"),
    ];
    let pulled = pulled(replies).await;
    let error = pulled.api.account("1234567890").await.unwrap_err();
    assert_eq!(error.code(), "forbidden");
    assert!(error.to_string().contains("only approved for use with test accounts"), "{error}");
    shows_nothing(&error);
    let cursor = Cursor::Page { report: None, after: "old".into() };
    let error = pulled.api.next(&asked(Level::Campaign), &cursor).await.unwrap_err();
    assert_eq!(error, PullError::Stale);
    pulled.replay.asked();
}
