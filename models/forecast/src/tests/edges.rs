use proptest::prelude::*;
use stratum_models::ad_report::CampaignDay;
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::time::Day;
use stratum_testing::campaigns::*;

use super::super::*;
use super::trained;

fn back(days: i32) -> Day {
    Day::from_epoch_days(last().to_epoch_days() - days).unwrap()
}

/// The answer about one more campaign beside ordinary ones.
fn said(rows: Vec<CampaignDay>) -> (Artifact, CampaignModel) {
    let own = rows[0].key.clone();
    let mut all = campaigns(8, 160, Truth::Within, 11);
    all.extend(rows);
    let artifact = trained(all);
    let model = artifact.campaigns.iter().find(|one| one.key == own).unwrap().clone();
    (artifact, model)
}

fn finite(artifact: &Artifact) {
    for campaign in &artifact.campaigns {
        for days in [1, 7, 30, 90] {
            let Ok(outlook) = artifact.outlook(campaign, days) else { continue };
            let roas = outlook.roas();
            for value in
                [roas.value, roas.low, roas.high, outlook.marginal(0.0), outlook.baseline()]
            {
                assert!(value.is_finite() && value >= 0.0, "{roas:?}");
            }
            assert!(roas.low <= roas.value && roas.value <= roas.high, "{roas:?}");
            assert!(outlook.drivers().iter().all(|driver| driver.effect.is_finite()));
            assert!(!recommendation(&outlook).contains("NaN"));
        }
    }
}

fn steady(at: usize, days: i32, spend: f64, revenue: f64) -> Vec<CampaignDay> {
    let key = key(Platform::Meta, at);
    (0..days).map(|ago| day(&key, back(ago), spend, revenue / 20.0, revenue)).collect()
}

#[test]
fn one_day_of_data_is_too_little() {
    let (artifact, model) = said(steady(100, 1, 10.0, 30.0));
    assert!(matches!(model.insight, Err(Insufficient::FewDays { days: 1, needed: 28, .. })));
    assert!(artifact.outlook(&model, 7).unwrap_err().statement().contains("at least 28"));
}

#[test]
fn no_conversions_no_revenue_no_spend_lately() {
    let (_, model) = said(steady(100, 90, 10.0, 0.0));
    assert!(matches!(model.insight, Err(Insufficient::FewConversions { .. })));
    let mut rows = steady(100, 90, 10.0, 30.0);
    rows.iter_mut().for_each(|row| row.revenue_micros = 0);
    assert_eq!(said(rows).1.insight, Err(Insufficient::NoRevenue));
    let mut rows = steady(100, 90, 10.0, 30.0);
    rows.retain(|row| row.day < back(30));
    let (artifact, model) = said(rows);
    assert_eq!(model.insight, Err(Insufficient::NotRunning { days: 28 }));
    finite(&artifact);
}

#[test]
fn constant_spend_is_forecast_and_its_curve_is_not_claimed() {
    let all: Vec<CampaignDay> = (0..4).flat_map(|at| steady(at * 2, 160, 10.0, 30.0)).collect();
    let artifact = trained(all);
    finite(&artifact);
    let outlook = artifact.outlook(&artifact.campaigns[0], 14).unwrap();
    assert!((outlook.roas().value - 3.0).abs() < 0.05, "{:?}", outlook.roas());
    assert!(!artifact.platforms[0].response_known);
    assert!(recommendation(&outlook).contains("never varied"));
    let doubled = outlook.estimate(2.0 * outlook.planned_spend());
    let now = outlook.estimate(outlook.planned_spend());
    // From no response at all nearly to a straight line: that is what is not known.
    assert!(doubled.high > 1.9 * now.value && doubled.low < 1.4 * now.value, "{doubled:?}");
    let question = BudgetQuestion {
        total: 1e6,
        goal: crate::allocate::Goal::Response,
        of_conversions: false,
        platform_minima: Default::default(),
        campaign_max: None,
        bounds: Default::default(),
    };
    let plan = plan(std::slice::from_ref(&outlook), &question).unwrap();
    assert_eq!(plan.campaigns[0].hold, Hold::UnknownResponse);
    assert!((plan.campaigns[0].budget - outlook.planned_spend()).abs() < 1e-9);
}

#[test]
fn a_gap_is_no_zero() {
    let mut rows = campaign(4, 200, Truth::Within, 2);
    let whole = said(
        rows.iter()
            .map(|row| CampaignDay { key: key(Platform::Meta, 500), ..row.clone() })
            .collect(),
    );
    rows.retain(|row| !(back(120)..back(80)).contains(&row.day));
    let holed = said(
        rows.iter()
            .map(|row| CampaignDay { key: key(Platform::Meta, 500), ..row.clone() })
            .collect(),
    );
    let roas = |(artifact, model): &(Artifact, CampaignModel)| {
        artifact.outlook(model, 28).unwrap().roas().value
    };
    let (before, after) = (roas(&whole), roas(&holed));
    assert!((after / before - 1.0).abs() < 0.1, "{before} {after}");
}

#[test]
fn a_change_of_currency_begins_anew() {
    let mut rows = steady(100, 120, 10.0, 30.0);
    rows.iter_mut().filter(|row| row.day < back(20)).for_each(|row| row.currency = Currency::USD);
    let (_, model) = said(rows.clone());
    assert!(
        matches!(model.insight, Err(Insufficient::FewDays { days: 21, foreign: 99, .. })),
        "{:?}",
        model.insight
    );
    rows.iter_mut().filter(|row| row.day < back(60)).for_each(|row| row.currency = Currency::USD);
    rows.iter_mut().filter(|row| row.day >= back(60)).for_each(|row| row.currency = Currency::EUR);
    let (artifact, model) = said(rows);
    assert_eq!((model.currency, model.foreign_days), (Currency::EUR, 59));
    assert!(artifact.outlook(&model, 7).is_ok());
}

#[test]
fn negative_and_absurd_days_are_left_out_and_counted() {
    let mut rows = steady(100, 120, 10.0, 30.0);
    rows[5].spend_micros = -4_000_000;
    rows[9].revenue_micros = i64::MAX;
    rows[11].revenue_micros = 900_000_000_000_000;
    rows[12].conversions_micros = i64::MIN;
    let (artifact, model) = said(rows);
    assert_eq!(model.excluded_days, 4);
    let roas = artifact.outlook(&model, 14).unwrap().roas();
    assert!((roas.value - 3.0).abs() < 0.6, "{roas:?}");
    finite(&artifact);
}

#[test]
fn nothing_at_all_and_too_little_to_have_been_checked() {
    let nothing = trained(Vec::new());
    assert_eq!((nothing.campaigns.len(), nothing.data_from), (0, None));
    let young = trained((0..3).flat_map(|at| steady(at, 35, 10.0, 30.0)).collect());
    for campaign in &young.campaigns {
        assert_eq!(young.outlook(campaign, 7).unwrap_err(), Insufficient::Unchecked);
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_a_changed_byte_is_refused() {
    let rows = campaigns(6, 150, Truth::Within, 4);
    let mut turned = rows.clone();
    turned.reverse();
    let bytes = trained(rows).encode().unwrap();
    assert_eq!(bytes, trained(turned).encode().unwrap(), "the order of rows does not matter");
    let artifact = Artifact::decode(&bytes).unwrap();
    assert_eq!(artifact.features.len(), FEATURES.len());
    for at in [0, 70, bytes.len() / 2, bytes.len() - 1] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        assert!(matches!(Artifact::decode(&damaged), Err(ArtifactError::Damaged)), "{at}");
    }
    assert!(matches!(Artifact::decode(b""), Err(ArtifactError::Damaged)));
    assert!(matches!(Artifact::decode(&bytes[..bytes.len() / 2]), Err(ArtifactError::Damaged)));
    let other = Artifact { format: 99, ..artifact }.encode().unwrap();
    assert!(matches!(Artifact::decode(&other), Err(ArtifactError::Format { found: 99 })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_is_reported_the_answer_is_a_number_or_a_reason(
        rows in prop::collection::vec(
            (0i32..200, 0usize..3, prop_oneof![any::<i64>(), 0i64..50_000_000], prop_oneof![any::<i64>(), 0i64..200_000_000], 0i64..9_000_000),
            0..250,
        ),
    ) {
        let rows = rows.into_iter().map(|(ago, at, spend, revenue, conversions)| CampaignDay {
            spend_micros: spend,
            revenue_micros: revenue,
            conversions_micros: conversions,
            ..day(&key(Platform::Meta, at), back(ago), 0.0, 0.0, 0.0)
        });
        let config = ForecastConfig { origins: 3, ..ForecastConfig::default() };
        let artifact = train(rows.collect(), &[], last(), &config, |_| {});
        finite(&artifact);
        prop_assert!(Artifact::decode(&artifact.encode().unwrap()).is_ok());
    }
}
