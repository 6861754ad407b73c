//! TikTok.

use std::time::Duration;

use stratum_models::platform::Platform;
use stratum_reports::connector::{
    ConversionChoice, Cursor, Level, PullError, PulledSplit, Question,
};

use super::replay::Reply;
use super::{Pulled, Replay, answer, days, question, shows_nothing, told};

async fn pulled(replies: Vec<Reply>) -> Pulled {
    Pulled::new(Platform::Tiktok, Replay::of(replies).await).await
}

fn asked(level: Level) -> Question {
    question("7001", "Asia/Riyadh", level, days("2026-03-01", "2026-03-30"))
}

#[tokio::test]
async fn campaigns_come_page_by_page() {
    let replies = vec![answer("tiktok/campaigns_1.json"), answer("tiktok/campaigns_2.json")];
    let pulled = pulled(replies).await;
    let (rows, cursors) = pulled.all(&asked(Level::Campaign)).await.unwrap();
    let figures: Vec<_> = rows.iter().map(told).collect();
    assert_eq!(
        figures,
        [
            ["2026-03-01", "1700000000000001", "77.10", "20100", "401", "5", "612.40"],
            ["2026-03-02", "1700000000000001", "0.00", "0", "0", "0", "0"],
            ["2026-03-01", "1700000000000002", "1", "2", "1", "0", "0"],
        ]
    );
    assert_eq!((rows[0].campaign_name.as_str(), &rows[0].split), ("Spark", &PulledSplit::Campaign));
    assert_eq!(cursors[1], Cursor::Page { report: None, after: "2".into() });
    let asked = pulled.replay.asked();
    let first = &asked[0];
    assert_eq!(first.path, "/open_api/v1.3/report/integrated/get/");
    assert_eq!(first.headers["access-token"], "token-hunter2");
    assert_eq!(first.query["dimensions"], r#"["campaign_id","stat_time_day"]"#);
    assert_eq!((first.query["page"].as_str(), first.query["page_size"].as_str()), ("1", "1000"));
    assert_eq!(
        (first.query["start_date"].as_str(), first.query["end_date"].as_str()),
        ("2026-03-01", "2026-03-30")
    );
    assert_eq!(asked[1].query["page"], "2");
    // No more days at once than TikTok allows.
    assert!(pulled.api.window_days_max() <= 30);
}

#[tokio::test]
async fn ads_devices_and_countries_are_told_as_they_are_kept() {
    let replies = vec![
        answer("tiktok/ads.json"),
        answer("tiktok/devices.json"),
        answer("tiktok/countries.json"),
    ];
    let pulled = pulled(replies).await;
    let (rows, _) = pulled.all(&asked(Level::Ad)).await.unwrap();
    let ad = PulledSplit::Ad {
        ad_set_id: "1900000000000001".into(),
        ad_set_name: "Riyadh".into(),
        id: "1800000000000001".into(),
        name: "Unboxing".into(),
    };
    assert_eq!((rows[0].campaign_id.as_str(), &rows[0].split), ("1700000000000001", &ad));
    let (rows, _) = pulled.all(&asked(Level::Device)).await.unwrap();
    let splits: Vec<_> = rows.into_iter().map(|row| row.split).collect();
    let device = PulledSplit::Device;
    assert_eq!(splits, [device("mobile"), device("mobile"), device("other")]);
    let (rows, _) = pulled.all(&asked(Level::Country)).await.unwrap();
    assert_eq!((rows.len(), &rows[0].split), (1, &PulledSplit::Country("SA".into())));
    let asked = pulled.replay.asked();
    let kinds: Vec<_> = asked.iter().map(|one| one.query["report_type"].as_str()).collect();
    assert_eq!(kinds, ["BASIC", "AUDIENCE", "AUDIENCE"]);
    assert_eq!(asked[2].query["dimensions"], r#"["campaign_id","country_code","stat_time_day"]"#);
}

#[tokio::test]
async fn a_connector_may_count_another_metric() {
    let counting = ConversionChoice { conversion: Some("conversion".into()) };
    let replay = Replay::of([answer("tiktok/campaigns_2.json")]).await;
    let pulled = Pulled::counting(Platform::Tiktok, replay, counting).await;
    pulled.api.next(&asked(Level::Campaign), &Cursor::Start).await.unwrap();
    let metrics = &pulled.replay.asked()[0].query["metrics"];
    assert_eq!(metrics, r#"["campaign_name","spend","impressions","clicks","conversion"]"#);
}

#[tokio::test]
async fn errors_come_with_status_200_and_mean_what_their_code_says() {
    let replies = vec![
        answer("tiktok/error_throttled.json"),
        answer("tiktok/error_token.json"),
        answer("tiktok/error_metric.json"),
        answer("tiktok/too_many.json"),
        answer("tiktok/error_internal.json"),
        Reply::text(504, "upstream"),
        answer("tiktok/account.json"),
    ];
    let pulled = pulled(replies).await;
    let mut errors = Vec::new();
    for _ in 0..4 {
        let asked = asked(Level::Campaign);
        let error = pulled.api.next(&asked, &Cursor::Start).await.unwrap_err();
        shows_nothing(&error);
        errors.push(error);
    }
    assert_eq!(errors[0], PullError::Throttled { retry_after: Duration::from_secs(300) });
    assert_eq!((errors[1].code(), errors[2].code()), ("unauthorized", "refused"));
    assert!(errors[2].to_string().contains("Invalid metric fields"));
    assert_eq!(errors[3], PullError::TooMuch);
    assert!(pulled.time.rests().is_empty());
    let account = pulled.api.account("7001").await.unwrap();
    assert_eq!((account.currency.as_str(), account.zone.name()), ("SAR", "Asia/Riyadh"));
    assert_eq!(pulled.time.rests(), [1.0, 2.0]);
    assert_eq!(pulled.replay.asked().last().unwrap().query["advertiser_ids"], r#"["7001"]"#);
}
