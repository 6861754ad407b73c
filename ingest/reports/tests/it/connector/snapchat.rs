//! Snapchat.

use std::time::Duration;

use stratum_models::platform::Platform;
use stratum_reports::connector::{Cursor, Level, PullError, PulledSplit, Question};

use super::replay::Reply;
use super::{Pulled, Replay, answer, days, failure, question, shows_nothing, told};

async fn pulled(replies: Vec<Reply>) -> Pulled {
    Pulled::new(Platform::Snapchat, Replay::of(replies).await).await
}

fn asked(zone: &str, level: Level, from: &str, to: &str) -> Question {
    question("8adc3db7", zone, level, days(from, to))
}

fn names() -> [Reply; 2] {
    [answer("snapchat/campaigns_1.json"), answer("snapchat/campaigns_2.json")]
}

#[tokio::test]
async fn campaigns_are_told_by_day_of_an_account_whose_clocks_change() {
    let [first, second] = names();
    let replies = vec![answer("token.json"), first, second, answer("snapchat/stats.json")];
    let pulled = pulled(replies).await;
    // In Los Angeles the 8th of March has 23 hours.
    let asked = asked("America/Los_Angeles", Level::Campaign, "2026-03-07", "2026-03-09");
    let (rows, _) = pulled.all(&asked).await.unwrap();
    let figures: Vec<_> = rows.iter().map(told).collect();
    assert_eq!(
        figures,
        [
            ["2026-03-07", "c-1", "12.345678", "1200", "31", "2", "59.980000"],
            ["2026-03-08", "c-1", "11.000000", "1100", "30", "0", "0"],
            ["2026-03-09", "c-1", "0.000000", "0", "0", "0", "0"],
        ]
    );
    assert_eq!(rows[0].campaign_name, "Lens");
    let asked = pulled.replay.asked();
    assert_eq!(asked[2].query["cursor"], "CnEK/g");
    let stats = &asked[3];
    assert_eq!(stats.path, "/v1/adaccounts/8adc3db7/stats");
    assert_eq!(stats.query["start_time"], "2026-03-07T00:00:00.000-08:00");
    assert_eq!(stats.query["end_time"], "2026-03-10T00:00:00.000-07:00");
    assert_eq!(
        stats.query["fields"],
        "impressions,swipes,spend,conversion_purchases,conversion_purchases_value"
    );
    assert_eq!(stats.headers["authorization"], "Bearer ya29-first");
}

#[tokio::test]
async fn a_day_whose_midnight_is_skipped_is_asked_for_from_its_first_hour() {
    let [first, second] = names();
    let replies = vec![answer("token.json"), first, second, answer("snapchat/stats.json")];
    let pulled = pulled(replies).await;
    let asked = asked("Africa/Cairo", Level::Campaign, "2026-04-23", "2026-04-23");
    pulled.all(&asked).await.unwrap();
    let asked = pulled.replay.asked();
    assert_eq!(asked[3].query["start_time"], "2026-04-23T00:00:00.000+02:00");
    assert_eq!(asked[3].query["end_time"], "2026-04-24T01:00:00.000+03:00");
}

#[tokio::test]
async fn ads_find_their_squad_and_campaign() {
    let [first, second] = names();
    let replies = vec![
        answer("token.json"),
        first,
        second,
        answer("snapchat/adsquads.json"),
        answer("snapchat/ads.json"),
        answer("snapchat/ad_stats.json"),
        // Names are read once.
        answer("snapchat/ad_stats.json"),
    ];
    let pulled = pulled(replies).await;
    let asked = asked("America/Los_Angeles", Level::Ad, "2026-03-07", "2026-03-07");
    let (rows, _) = pulled.all(&asked).await.unwrap();
    let ad = PulledSplit::Ad {
        ad_set_id: "s-1".into(),
        ad_set_name: "LA".into(),
        id: "a-1".into(),
        name: "Six seconds".into(),
    };
    assert_eq!((&rows[0].split, rows[0].campaign_id.as_str()), (&ad, "c-1"));
    assert_eq!((rows[0].campaign_name.as_str(), rows[0].spend.as_str()), ("Lens", "0.500000"));
    // Of an ad that is nowhere listed the campaign is not known; the rules refuse it.
    assert_eq!(rows[1].campaign_id, "");
    pulled.all(&asked).await.unwrap();
    pulled.replay.asked();
    assert_eq!(pulled.api.levels(), [Level::Campaign, Level::Ad]);
}

#[tokio::test]
async fn answers_in_part_and_limits_are_no_answers() {
    let replies = vec![
        answer("token.json"),
        answer("snapchat/in_part.json"),
        Reply::text(429, ""),
        Reply::text(429, "").with("Retry-After", "7"),
        answer("snapchat/account.json"),
        failure(400, "snapchat/error_window.json"),
        Reply::text(401, ""),
        answer("token_second.json"),
        answer("snapchat/account.json"),
    ];
    let pulled = pulled(replies).await;
    let error = pulled.api.account("8adc3db7").await.unwrap_err();
    assert_eq!(error, PullError::Throttled { retry_after: Duration::from_secs(300) });
    let account = pulled.api.account("8adc3db7").await.unwrap();
    assert_eq!((account.currency.as_str(), account.zone.name()), ("USD", "America/Los_Angeles"));
    assert_eq!(pulled.time.rests(), [1.0, 7.0]);
    let error = pulled.api.account("8adc3db7").await.unwrap_err();
    assert!(error.to_string().contains("start of day"), "{error}");
    shows_nothing(&error);
    pulled.api.account("8adc3db7").await.unwrap();
    assert_eq!(pulled.api.renewed().unwrap().get("refresh_token"), "refresh-hunter3");
    pulled.replay.asked();
}

#[tokio::test]
async fn links_are_never_followed_to_another_host() {
    let elsewhere = r#"{"request_status": "SUCCESS", "campaigns": [],
        "paging": {"next_link": "https://evil.example/v1/steal?cursor=abc"}}"#;
    let replies = vec![
        answer("token.json"),
        Reply::text(200, elsewhere),
        answer("snapchat/campaigns_2.json"),
        Reply::text(302, "").with("Location", "https://evil.example/"),
    ];
    let pulled = pulled(replies).await;
    let asked = asked("UTC", Level::Campaign, "2026-03-07", "2026-03-07");
    let error = pulled.api.next(&asked, &Cursor::Start).await.unwrap_err();
    assert_eq!(error.code(), "refused");
    assert_eq!(pulled.replay.asked()[2].query["cursor"], "abc");
}
