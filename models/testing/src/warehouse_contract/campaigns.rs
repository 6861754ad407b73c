//! Campaigns as ad reports name them.

use stratum_models::ad_report::AdReport;
use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::metrics::KpiGroup;
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::time::UnixMillis;
use stratum_models::warehouse::{CampaignGroupQuery, CampaignKey, ReportedCampaign};

use super::Warehouse;
use super::rows::{
    Metric, TENANT, at, day, days, events, land, metrics, purchase, range, report, reports, scope,
};

const ALWAYS: UnixMillis = UnixMillis(0);

async fn deliver(warehouse: &dyn Warehouse, record: u64, all: &[AdReport]) {
    let place = range(Topic::AdReports, 0, record, record + 1);
    land(warehouse, place, vec![reports(place, all)]).await;
}

fn key(platform: Platform, campaign_id: &str) -> CampaignKey {
    CampaignKey { platform, campaign_id: campaign_id.into() }
}

fn of(platform: Platform, campaign: &str, spend_micros: i64) -> AdReport {
    AdReport { platform, campaign_id: campaign.into(), ..report(day(0), 1, spend_micros) }
}

async fn named(
    warehouse: &dyn Warehouse,
    since: UnixMillis,
    after: Option<&CampaignKey>,
    limit: u32,
) -> Vec<ReportedCampaign> {
    let named = warehouse.reported_campaigns(scope(TENANT), since, after, limit).await;
    named.expect("an answer")
}

pub async fn reported_campaigns_are_as_their_newest_day_says(warehouse: &dyn Warehouse) {
    let renamed = AdReport {
        account_id: "b".into(),
        campaign_name: "Autumn".into(),
        currency: Currency::USD,
        received_at: at(9),
        ..report(day(-2), 1, 5)
    };
    let newest = report(day(0), 7, 5);
    deliver(warehouse, 0, &[renamed, newest.clone()]).await;
    let expected = ReportedCampaign {
        key: key(Platform::Meta, "c"),
        account_id: newest.account_id.clone(),
        name: newest.campaign_name.clone(),
        currency: newest.currency,
        received_at: at(9),
    };
    assert_eq!(named(warehouse, ALWAYS, None, 9).await, [expected]);
}

pub async fn reported_campaigns_come_by_platform_and_id_a_part_at_a_time(
    warehouse: &dyn Warehouse,
) {
    let (meta, tiktok) = (Platform::Meta, Platform::Tiktok);
    let all = [of(tiktok, "a", 1), of(meta, "b'", 1), of(meta, "a", 1), of(tiktok, "b'", 1)];
    deliver(warehouse, 0, &all).await;
    let order = [key(meta, "a"), key(meta, "b'"), key(tiktok, "a"), key(tiktok, "b'")];
    let mut seen = Vec::new();
    for part in 0..3 {
        let after: Option<CampaignKey> = seen.last().cloned();
        let named = named(warehouse, ALWAYS, after.as_ref(), 2).await;
        assert_eq!(named.len(), if part < 2 { 2 } else { 0 });
        seen.extend(named.into_iter().map(|campaign| campaign.key));
    }
    assert_eq!(seen, order);
}

pub async fn campaigns_not_reported_since_are_left_out(warehouse: &dyn Warehouse) {
    let old = AdReport { received_at: at(-1), ..of(Platform::Meta, "old", 1) };
    deliver(warehouse, 0, &[old, of(Platform::Meta, "new", 1)]).await;
    let ids = async |since| -> Vec<String> {
        let named = named(warehouse, since, None, 9).await;
        named.into_iter().map(|campaign| campaign.key.campaign_id).collect()
    };
    assert_eq!(ids(at(0)).await, ["new"]);
    assert_eq!(ids(at(-1)).await, ["new", "old"]);
    assert!(ids(at(1)).await.is_empty());
}

pub async fn campaign_groups_are_of_the_named_campaigns(warehouse: &dyn Warehouse) {
    let (meta, tiktok) = (Platform::Meta, Platform::Tiktok);
    let dollars = AdReport { currency: Currency::USD, date: day(1), ..of(meta, "x", 8) };
    let all = [of(meta, "x", 1), of(meta, "y", 2), of(tiktok, "x", 4), dollars];
    deliver(warehouse, 0, &all).await;
    deliver(warehouse, 1, &[AdReport { version: 2, ..of(meta, "x", 16) }]).await;
    let tracked = vec![metrics(&[Metric { campaign: "y", ..purchase(day(0)) }])];
    land(warehouse, events(0, 0, 1), tracked).await;
    let ask = async |days, campaigns: &[CampaignKey]| -> Vec<_> {
        let (campaigns, by_day) = (campaigns.to_vec(), false);
        let query = CampaignGroupQuery { days, campaigns, by_day };
        let groups = warehouse.campaign_groups(scope(TENANT), &query).await;
        let short = |g: KpiGroup| {
            assert_eq!(g.day, None);
            assert!(g.campaign_name.is_some());
            let tracked = i128::from(g.campaign_id.as_deref() == Some("y"));
            assert_eq!(g.sums.tracked_conversions, tracked, "{g:?}");
            (g.currency, g.platform, g.campaign_id, g.sums.spend_micros)
        };
        groups.expect("an answer").into_iter().map(short).collect()
    };
    let group = |currency, platform, id: &str, spend: i128| {
        (Some(currency), Some(platform), Some(id.to_owned()), spend)
    };
    let (eur, usd) = (Currency::EUR, Currency::USD);
    let both = [key(meta, "x"), key(tiktok, "y"), key(meta, "nothing")];
    let expected = [group(eur, meta, "x", 16), group(usd, meta, "x", 8)];
    assert_eq!(ask(days(0, 1), &both).await, expected);
    assert_eq!(ask(days(0, 0), &both).await, expected[..1]);
    assert!(ask(days(0, 1), &[key(tiktok, "y")]).await.is_empty());
    let every = [
        group(eur, meta, "x", 16),
        group(eur, meta, "y", 2),
        group(eur, tiktok, "x", 4),
        group(usd, meta, "x", 8),
    ];
    assert_eq!(ask(days(0, 1), &[]).await, every);
    // More ids than one statement takes are the same campaigns.
    let mut many: Vec<_> = (0..400).map(|id| key(meta, &format!("{id:040}"))).collect();
    many.extend(both);
    assert_eq!(ask(days(0, 1), &many).await, expected);
}

pub async fn campaign_groups_are_told_by_day_with_what_events_show(warehouse: &dyn Warehouse) {
    let meta = Platform::Meta;
    let all = [of(meta, "x", 1), AdReport { date: day(1), ..of(meta, "x", 2) }];
    deliver(warehouse, 0, &all).await;
    let tracked = [
        Metric { campaign: "x", ..purchase(day(1)) },
        Metric { campaign: "only events", ..purchase(day(1)) },
        Metric { campaign: "", ..purchase(day(1)) },
        Metric { campaign: "x", platform: None, ..purchase(day(1)) },
    ];
    land(warehouse, events(0, 0, 1), vec![metrics(&tracked)]).await;
    let ask = async |campaigns| -> Vec<_> {
        let query = CampaignGroupQuery { days: days(0, 1), campaigns, by_day: true };
        let groups = warehouse.campaign_groups(scope(TENANT), &query).await;
        let short = |g: KpiGroup| {
            let is_reported = g.campaign_name.is_some();
            let id = g.campaign_id.unwrap_or_default();
            (id, g.day, is_reported, g.sums.spend_micros, g.sums.tracked_conversions)
        };
        groups.expect("an answer").into_iter().map(short).collect()
    };
    let x = |at, spend, tracked| ("x".to_owned(), Some(day(at)), true, spend, tracked);
    let only = ("only events".to_owned(), Some(day(1)), false, 0, 1);
    assert_eq!(ask(vec![key(meta, "x")]).await, [x(0, 1, 0), x(1, 2, 1)]);
    assert_eq!(ask(Vec::new()).await, [x(0, 1, 0), only, x(1, 2, 1)]);
}

pub async fn campaigns_of_tenants_never_mix(warehouse: &dyn Warehouse) {
    let other = TenantId(8);
    let foreign = AdReport { tenant_id: other, received_at: at(9), ..of(Platform::Meta, "c", 70) };
    deliver(warehouse, 0, &[report(day(0), 1, 2), foreign]).await;
    let mine = named(warehouse, ALWAYS, None, 9).await;
    assert_eq!((mine.len(), mine[0].received_at), (1, at(0)));
    for campaigns in [vec![], vec![key(Platform::Meta, "c")]] {
        let query = CampaignGroupQuery { days: days(0, 0), campaigns, by_day: false };
        let groups = warehouse.campaign_groups(scope(TENANT), &query).await;
        let groups = groups.expect("an answer");
        assert_eq!((groups.len(), groups[0].sums.spend_micros), (1, 2));
    }
    let stranger = scope(TenantId(9));
    let nothing = warehouse.reported_campaigns(stranger, ALWAYS, None, 9).await;
    assert!(nothing.expect("an answer").is_empty());
}
