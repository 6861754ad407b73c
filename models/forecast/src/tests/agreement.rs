use std::collections::BTreeMap;

use stratum_models::identifier::{IdentifierKey, IdentifierMask};
use stratum_models::platform::{ActionSource, Channel, Platform};
use stratum_models::warehouse::MaskCount;
use stratum_testing::campaigns::*;

use super::super::*;
use super::trained;
use crate::allocate::{Clash, Goal};

fn outlooks(artifact: &Artifact, days: usize) -> Vec<Outlook<'_>> {
    artifact.campaigns.iter().filter_map(|one| artifact.outlook(one, days).ok()).collect()
}

fn question(total: f64, goal: Goal) -> BudgetQuestion {
    BudgetQuestion {
        total,
        goal,
        of_conversions: false,
        platform_minima: BTreeMap::new(),
        campaign_max: None,
        bounds: BTreeMap::new(),
    }
}

#[test]
fn forecast_plan_and_what_if_agree() {
    let artifact = trained(campaigns(12, 240, Truth::Within, 9));
    for days in [1, 7, 45, 90] {
        let outlooks = outlooks(&artifact, days);
        assert!(outlooks.len() > 8);
        let unchanged = simulate(&outlooks, &Scenario { budget_change_percent: 0.0 });
        let forecast: f64 = outlooks.iter().map(|one| one.roas().value * one.planned_spend()).sum();
        let baseline: f64 = outlooks.iter().map(Outlook::baseline).sum();
        assert!(
            (unchanged.revenue.value - forecast).abs() < 1e-6 && (baseline - forecast).abs() < 1e-6
        );
        // Every campaign held at what it spends now: the plan is the forecast too.
        let mut kept = question(unchanged.spend, Goal::Response);
        for (at, outlook) in outlooks.iter().enumerate() {
            let now = outlook.planned_spend();
            kept.bounds.insert(at, (Some(now), Some(now)));
        }
        let kept = plan(&outlooks, &kept).unwrap();
        let planned: f64 = kept.campaigns.iter().map(|one| one.revenue.value).sum();
        assert!((planned - forecast).abs() < 1e-6, "{planned} {forecast}");
        // Free to move, it does no worse, and the same spends simulated alone bring the same.
        let free = plan(&outlooks, &question(unchanged.spend, Goal::Response)).unwrap();
        let better: f64 = free.campaigns.iter().map(|one| one.revenue.value).sum();
        assert!(better >= forecast - 1e-6 && free.gap == 0.0);
        for (one, outlook) in free.campaigns.iter().zip(&outlooks) {
            let change = (one.budget / outlook.planned_spend() - 1.0) * 100.0;
            let alone = simulate(
                std::slice::from_ref(outlook),
                &Scenario { budget_change_percent: change },
            );
            // The same spend told in percent may round to the next cent.
            assert!((alone.revenue.value - one.revenue.value).abs() < 0.011);
        }
    }
}

#[test]
fn the_horizon_matters_and_more_spend_brings_less_each() {
    let artifact = trained(campaigns(12, 240, Truth::Within, 9));
    let of = |days: usize, percent: f64| {
        simulate(&outlooks(&artifact, days), &Scenario { budget_change_percent: percent })
    };
    assert!(of(30, 0.0).revenue.value > 3.5 * of(7, 0.0).revenue.value);
    let [half, same, double] = [-50.0, 0.0, 100.0].map(|percent| of(30, percent));
    assert!(half.revenue.value < same.revenue.value && same.revenue.value < double.revenue.value);
    assert!(half.marginal > same.marginal && same.marginal > double.marginal);
    assert!(double.revenue.value / double.spend < same.revenue.value / same.spend);
    assert_eq!(of(30, -100.0).spend, 0.0);
    for outcome in [&half, &same, &double] {
        let revenue = outcome.revenue;
        assert!(revenue.low <= revenue.value && revenue.value <= revenue.high);
    }
}

#[test]
fn free_campaigns_share_their_marginal_and_constraints_bind_by_name() {
    let artifact = trained(campaigns(12, 240, Truth::Within, 9));
    let outlooks = outlooks(&artifact, 30);
    let total: f64 = outlooks.iter().map(Outlook::planned_spend).sum();
    let free = plan(&outlooks, &question(total, Goal::Response)).unwrap();
    let marginals: Vec<f64> = free
        .campaigns
        .iter()
        .filter(|one| one.hold == Hold::Bound(crate::allocate::Binding::Free))
        .map(|one| one.marginal)
        .collect();
    assert!(marginals.len() > 1);
    assert!(marginals.iter().all(|one| (one / marginals[0] - 1.0).abs() < 1e-4), "{marginals:?}");
    let mut asked = question(total, Goal::Response);
    asked.platform_minima.insert(Platform::Google, 0.9 * total);
    let bound = plan(&outlooks, &asked).unwrap();
    let google = outlooks.iter().zip(&bound.campaigns);
    let google = google.filter(|(one, _)| one.campaign.key.platform == Platform::Google);
    let google: f64 = google.map(|(_, one)| one.budget).sum();
    assert!(google >= 0.9 * total - 1e-6);
    asked.platform_minima.insert(Platform::Meta, 0.2 * total);
    let clash = plan(&outlooks, &asked).unwrap_err();
    assert!(
        matches!(clash, Clash::Budget { .. }) && clash.to_string().contains("google"),
        "{clash}"
    );
}

#[test]
fn drivers_add_up_to_the_prediction() {
    let artifact = trained(campaigns(12, 240, Truth::Within, 9));
    for days in [1, 14, 90] {
        for outlook in outlooks(&artifact, days) {
            let sum: f64 = outlook.drivers().iter().map(|driver| driver.effect).sum();
            let roas = outlook.roas().value;
            assert!((sum - roas).abs() < 1e-9 * roas.max(1.0), "{sum} {roas}");
            assert!(outlook.drivers().len() >= 2);
        }
    }
}

#[test]
fn a_fix_of_match_quality_is_an_exact_sum_over_masks() {
    let count = |keys: &[IdentifierKey], events| MaskCount {
        platform: Some(Platform::Meta),
        dataset_id: "1".into(),
        event_name: "Purchase".into(),
        action_source: ActionSource::Website,
        channel: Channel::Server,
        valid: IdentifierMask::of(keys),
        invalid: IdentifierMask::of(&[]),
        events,
    };
    let counts = [count(&[IdentifierKey::Email], 100), count(&[IdentifierKey::ClientIp], 50)];
    let gain = match_gain(&counts, &[IdentifierKey::Email], 1.0);
    // E-mail 0.60, IP 0.15: 0.6 * 100 + 0.15 * 50, then (1 - 0.4 * 0.85) * 50 for the second part.
    assert!((gain.matched_before - 67.5).abs() < 1e-9 && (gain.matched_after - 93.0).abs() < 1e-9);
    assert_eq!(match_gain(&counts, &[IdentifierKey::Email], 0.0).share(), Some(0.0));
    assert_eq!(match_gain(&[], &[IdentifierKey::Email], 1.0).share(), None);
}
