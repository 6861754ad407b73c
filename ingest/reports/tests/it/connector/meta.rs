//! Meta's Insights.

use stratum_models::platform::Platform;
use stratum_reports::connector::{ConversionChoice, Cursor, Level, PullError, PulledSplit};

use super::replay::Reply;
use super::{Pulled, Replay, answer, days, failure, question, shows_nothing, told};

const ZONE: &str = "Africa/Cairo";

async fn pulled(replies: Vec<Reply>) -> Pulled {
    Pulled::new(Platform::Meta, Replay::of(replies).await).await
}

fn asked(level: Level) -> stratum_reports::connector::Question {
    question("act_1001", ZONE, level, days("2026-03-01", "2026-03-28"))
}

#[tokio::test]
async fn campaigns_come_page_by_page_with_one_kind_of_conversion() {
    let replies = vec![answer("meta/campaigns_1.json"), answer("meta/campaigns_2.json")];
    let pulled = pulled(replies).await;
    let (rows, cursors) = pulled.all(&asked(Level::Campaign)).await.unwrap();
    let figures: Vec<_> = rows.iter().map(told).collect();
    assert_eq!(
        figures,
        [
            // Both kinds of purchase are told; the wider one holds the other.
            ["2026-03-01", "23850001", "120.55", "10400", "312", "9", "910.25"],
            ["2026-03-02", "23850001", "99.9", "9000", "280", "4", "400"],
            ["2026-03-01", "23850002", "0", "12", "0", "0", "0"],
        ]
    );
    assert_eq!(rows[0].campaign_name, "Ramadan offers");
    assert_eq!(cursors[1], Cursor::Page { report: None, after: "MQZDZD".into() });
    let asked = pulled.replay.asked();
    assert_eq!(
        (asked[0].method.as_str(), asked[0].path.as_str()),
        ("GET", "/v25.0/act_1001/insights")
    );
    assert_eq!(asked[0].query["time_range"], r#"{"since":"2026-03-01","until":"2026-03-28"}"#);
    assert_eq!(
        (asked[0].query["level"].as_str(), asked[0].query["time_increment"].as_str()),
        ("campaign", "1")
    );
    assert_eq!(asked[1].query["after"], "MQZDZD");
    for one in &asked {
        assert_eq!(one.headers["authorization"], "Bearer token-hunter2");
        assert!(
            !format!("{:?} {}", one.query, one.path).contains("hunter2"),
            "a token in an address"
        );
    }
}

#[tokio::test]
async fn a_connector_may_count_another_action() {
    let counting = ConversionChoice { conversion: Some("link_click".into()) };
    let replay =
        Replay::of([answer("meta/campaigns_2.json"), answer("meta/campaigns_1.json")]).await;
    let pulled = Pulled::counting(Platform::Meta, replay, counting).await;
    pulled.api.next(&asked(Level::Campaign), &Cursor::Start).await.unwrap();
    let page = pulled.api.next(&asked(Level::Campaign), &Cursor::Start).await.unwrap();
    assert_eq!(told(&page.rows[0])[5..], ["290", "0"]);
}

#[tokio::test]
async fn ads_come_by_a_report_that_is_waited_for() {
    let pulled = pulled(vec![
        answer("meta/report.json"),
        answer("meta/job_running.json"),
        answer("meta/job_completed.json"),
        answer("meta/ads.json"),
    ])
    .await;
    let (rows, cursors) = pulled.all(&asked(Level::Ad)).await.unwrap();
    let report = Cursor::Report { id: "6001".into() };
    assert_eq!(cursors, [Cursor::Start, report.clone(), report]);
    let split = PulledSplit::Ad {
        ad_set_id: "3001".into(),
        ad_set_name: "Cairo".into(),
        id: "4001".into(),
        name: "Lantern".into(),
    };
    assert_eq!((rows.len(), &rows[0].split), (1, &split));
    let asked = pulled.replay.asked();
    let calls: Vec<_> = asked.iter().map(|one| (one.method.as_str(), one.path.as_str())).collect();
    assert_eq!(
        calls,
        [
            ("POST", "/v25.0/act_1001/insights"),
            ("GET", "/v25.0/6001"),
            ("GET", "/v25.0/6001"),
            ("GET", "/v25.0/6001/insights"),
        ]
    );
}

#[tokio::test]
async fn what_is_too_much_at_once_is_made_by_a_report_and_then_asked_for_in_parts() {
    let pulled = pulled(vec![
        failure(500, "meta/error_too_much.json"),
        answer("meta/report.json"),
        answer("meta/job_failed.json"),
    ])
    .await;
    let error = pulled.all(&asked(Level::Campaign)).await.unwrap_err();
    assert_eq!(error, PullError::TooMuch);
    assert_eq!(pulled.replay.asked()[1].method, "POST");
    assert!(pulled.time.rests().is_empty());
}

#[tokio::test]
async fn devices_and_countries_are_told_as_they_are_kept() {
    let pulled = pulled(vec![answer("meta/devices.json"), answer("meta/countries.json")]).await;
    let (rows, _) = pulled.all(&asked(Level::Device)).await.unwrap();
    let splits: Vec<_> = rows.into_iter().map(|row| row.split).collect();
    let device = PulledSplit::Device;
    assert_eq!(splits, [device("mobile"), device("mobile"), device("desktop"), device("other")]);
    assert!(pulled.api.spreads(Level::Device) && !pulled.api.spreads(Level::Campaign));
    let (rows, _) = pulled.all(&asked(Level::Country)).await.unwrap();
    assert_eq!((rows.len(), &rows[0].split), (1, &PulledSplit::Country("EG".into())));
    let asked = pulled.replay.asked();
    assert_eq!(asked[0].query["breakdowns"], "device_platform");
    assert_eq!(asked[1].query["breakdowns"], "country");
}

#[tokio::test]
async fn limits_are_kept_as_the_headers_say() {
    let usage = r#"{"1001": [{"type": "ads_insights", "call_count": 100, "total_cputime": 20,
        "total_time": 20, "estimated_time_to_regain_access": 9}]}"#
        .replace('\n', "");
    let near = r#"{"app_id_util_pct": 12.5, "acc_id_util_pct": 96}"#;
    let pulled = pulled(vec![
        answer("meta/campaigns_2.json").with("X-FB-Ads-Insights-Throttle", near),
        failure(400, "meta/error_throttled.json").with("X-Business-Use-Case-Usage", &usage),
    ])
    .await;
    let page = pulled.api.next(&asked(Level::Campaign), &Cursor::Start).await.unwrap();
    assert_eq!(page.wait.as_secs(), 60);
    let error = pulled.api.next(&asked(Level::Campaign), &Cursor::Start).await.unwrap_err();
    assert_eq!(error, PullError::Throttled { retry_after: std::time::Duration::from_secs(540) });
    // Nine minutes are nothing to sit out.
    assert!(pulled.time.rests().is_empty());
    pulled.replay.asked();
}

#[tokio::test]
async fn what_passes_is_asked_again_with_growing_pauses_and_given_up_in_the_end() {
    let passing = || failure(500, "meta/error_passing.json");
    let replies = vec![passing(), passing(), answer("meta/account.json")];
    let tried = pulled(replies).await;
    let account = tried.api.account("1001").await.unwrap();
    assert_eq!((account.id.as_str(), account.name.as_str()), ("1001", "Nile Souq"));
    assert_eq!((account.currency.as_str(), account.zone.name()), ("EGP", ZONE));
    assert_eq!(tried.time.rests(), [1.0, 2.0]);
    assert_eq!(tried.replay.asked()[0].path, "/v25.0/act_1001");
    let tried = pulled(vec![passing(), passing(), passing(), passing()]).await;
    let error = tried.api.account("1001").await.unwrap_err();
    assert_eq!((error.code(), tried.time.rests().len()), ("unavailable", 3));
    shows_nothing(&error);
    tried.replay.asked();
}

#[tokio::test]
async fn what_only_a_person_can_mend_is_not_asked_again() {
    let replies =
        vec![failure(400, "meta/error_token.json"), failure(400, "meta/error_field.json")];
    let pulled = pulled(replies).await;
    let error = pulled.api.account("1001").await.unwrap_err();
    assert_eq!(error.code(), "unauthorized");
    assert!(error.to_string().contains("give a new one"), "{error}");
    shows_nothing(&error);
    assert_eq!(pulled.api.account("1001").await.unwrap_err().code(), "refused");
    assert!(pulled.time.rests().is_empty());
    pulled.replay.asked();
    // An id that would be another address is never sent.
    for id in ["../me", "1?x=1", "", "a/b"] {
        assert_eq!(pulled.api.account(id).await.unwrap_err().code(), "refused", "{id}");
    }
    assert_eq!(pulled.replay.asked().len(), 2);
}

#[tokio::test]
async fn answers_that_cannot_be_read_are_asked_for_again() {
    let replies = vec![
        Reply::text(200, "<html>Bad gateway</html>"),
        Reply::text(502, "<html>Bad gateway</html>"),
        Reply::text(200, r#"{"name": "x", "currency": "no money", "timezone_name": "UTC"}"#),
    ];
    let pulled = pulled(replies).await;
    let error = pulled.api.account("1001").await.unwrap_err();
    assert_eq!((error.code(), pulled.time.rests().len()), ("unavailable", 2));
    pulled.replay.asked();
}
