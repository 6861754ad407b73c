use proptest::prelude::*;

use super::*;

const TOPS: [f64; 5] = [120_000.0, 80_000.0, 30_000.0, 60_000.0, 45_000.0];
const SLOPES: [f64; 5] = [1.0, 1.4, 0.8, 1.0, 1.2];
const HALVES: [f64; 5] = [20_000.0, 30_000.0, 4_000.0, 3_000.0, 6_000.0];
const NOW: [f64; 5] = [14_844.0, 43_218.0, 3_729.0, 2_146.0, 5_916.0];

fn curves() -> Vec<Hill> {
    let parts = TOPS.iter().zip(HALVES).zip(SLOPES);
    parts.map(|((top, half), slope)| Hill { top: *top, half, slope }).collect()
}

fn question<'a>(
    curves: &'a [Hill],
    bounds: &[(f64, f64)],
    budget: f64,
    goal: Goal,
) -> Question<'a> {
    let channels = curves.iter().zip(bounds).enumerate();
    let channels = channels.map(|(at, (curve, (min, max)))| Channel {
        name: format!("channel {at}"),
        curve,
        min: *min,
        max: *max,
        group: None,
    });
    Question { budget, goal, channels: channels.collect(), groups: Vec::new(), splits_max: 2_000 }
}

fn halved_and_doubled() -> Vec<(f64, f64)> {
    NOW.iter().map(|now| (0.5 * now, 2.0 * now)).collect()
}

#[test]
fn the_reference_optimum_is_reached() {
    let curves = curves();
    let budget: f64 = NOW.iter().sum();
    let before: f64 = curves.iter().zip(NOW).map(|(curve, now)| curve.value(now)).sum();
    assert!((before - 163_036.637).abs() < 0.001);
    let question = question(&curves, &halved_and_doubled(), budget, Goal::Response);
    let plan = allocate(&question).unwrap();
    assert!((plan.response / 183_137.651 - 1.0).abs() < 1e-6, "{}", plan.response);
    assert!((plan.spends.iter().sum::<f64>() - budget).abs() < 1e-6);
    for (spend, expected) in
        plan.spends.iter().zip([25_860.9, 23_934.2, 5_200.5, 4_292.0, 10_565.4])
    {
        assert!((spend / expected - 1.0).abs() < 1e-4, "{spend} is not {expected}");
    }
    use Binding::{Free, Max};
    assert_eq!(plan.bindings, [Free, Free, Free, Max, Free]);
    for at in [0, 1, 2, 4] {
        let marginal = curves[at].marginal(plan.spends[at]);
        assert!((marginal / plan.price - 1.0).abs() < 1e-6 && (marginal - 1.1411).abs() < 1e-4);
    }
    assert!(plan.unspent < 1e-6 && plan.gap < 1e-6, "{} {}", plan.unspent, plan.gap);
}

#[test]
fn an_s_shaped_plan_is_certified_against_a_fine_grid() {
    let curves = [
        Hill { top: 100.0, half: 40.0, slope: 3.0 },
        Hill { top: 90.0, half: 35.0, slope: 2.5 },
        Hill { top: 60.0, half: 20.0, slope: 1.0 },
    ];
    for budget in [10.0, 30.0, 55.0, 80.0, 140.0] {
        let plan = allocate(&question(&curves, &[(0.0, 1e9); 3], budget, Goal::Response)).unwrap();
        let mut best = 0.0f64;
        for a in 0..=200 {
            for b in 0..=(200 - a) {
                let spends = [a, b, 200 - a - b].map(|part| f64::from(part) / 200.0 * budget);
                best = best.max(curves.iter().zip(spends).map(|(c, x)| c.value(x)).sum());
            }
        }
        assert!(plan.response >= best - 1e-9, "{budget}: {} below {best}", plan.response);
        assert!(plan.gap < 1e-6, "{budget}: gap {}", plan.gap);
    }
}

#[test]
fn nothing_is_spent_below_its_worth_and_the_rest_is_told() {
    let curves =
        [Hill { top: 100.0, half: 50.0, slope: 1.0 }, Hill { top: 10.0, half: 50.0, slope: 1.0 }];
    let plan =
        allocate(&question(&curves, &[(0.0, 1e9); 2], 1_000.0, Goal::Marginal(1.0))).unwrap();
    // 100 * 50 / (50 + x)^2 = 1
    assert!((plan.spends[0] - (5_000f64.sqrt() - 50.0)).abs() < 1e-6 && plan.spends[1] == 0.0);
    assert!((plan.unspent - (1_000.0 - plan.spends[0])).abs() < 1e-9);
    assert_eq!(plan.bindings, [Binding::Free, Binding::Min]);
}

#[test]
fn a_wanted_ratio_is_met_with_as_much_as_can_be_spent() {
    let curves = curves();
    let free = [(0.0, 1e9); 5];
    let plan = allocate(&question(&curves, &free, 1e6, Goal::Ratio(3.0))).unwrap();
    let spent: f64 = plan.spends.iter().sum();
    assert!((plan.response / spent - 3.0).abs() < 1e-6, "{}", plan.response / spent);
    let richer = allocate(&question(&curves, &free, spent, Goal::Response)).unwrap();
    assert!(richer.response <= plan.response * (1.0 + 1e-6));
    let refused = allocate(&question(&curves, &halved_and_doubled(), 1e6, Goal::Ratio(9.0)));
    assert!(matches!(refused, Err(Clash::Ratio { best, .. }) if best > 2.0 && best < 9.0));
    let lines = [Hill { top: 100.0, half: 50.0, slope: 1.0 }];
    let refused = allocate(&question(&lines, &[(0.0, 1e9)], 10.0, Goal::Ratio(2.5)));
    assert_eq!(refused, Err(Clash::Ratio { target: 2.5, best: 2.0 }), "no unit ever brings that");
}

#[test]
fn a_groups_minimum_is_spread_at_a_price_of_its_own() {
    let curves = curves();
    let mut asked = question(&curves, &[(0.0, 1e9); 5], 69_853.0, Goal::Response);
    for at in [2, 3] {
        asked.channels[at].group = Some(0);
    }
    asked.groups = vec![Group { name: "tiktok".into(), min: 30_000.0 }];
    let plan = allocate(&asked).unwrap();
    assert!((plan.spends[2] + plan.spends[3] - 30_000.0).abs() < 1e-6);
    let marginal = |at: usize| curves[at].marginal(plan.spends[at]);
    assert!((marginal(2) / marginal(3) - 1.0).abs() < 1e-6 && marginal(2) < plan.price);
    assert_eq!(plan.bindings[2], Binding::GroupMin);
    assert!((plan.spends.iter().sum::<f64>() - 69_853.0).abs() < 1e-6);
}

#[test]
fn clashes_are_named() {
    let curves = curves();
    let refusal = |bounds: &[(f64, f64)], budget| {
        allocate(&question(&curves, bounds, budget, Goal::Response)).unwrap_err().to_string()
    };
    let minima = refusal(&halved_and_doubled(), 1_000.0);
    assert!(minima.contains("1000.00") && minima.contains("channel 1"), "{minima}");
    let mut bounds = halved_and_doubled();
    bounds[2] = (9.0, 8.0);
    assert!(refusal(&bounds, 1e6).contains("channel 2"));
    assert!(refusal(&halved_and_doubled(), f64::NAN).contains("total budget"));
    let mut asked = question(&curves, &halved_and_doubled(), 1e6, Goal::Response);
    asked.channels[2].group = Some(0);
    asked.groups = vec![Group { name: "tiktok".into(), min: 8_000.0 }];
    assert!(allocate(&asked).unwrap_err().to_string().contains("tiktok"));
}

#[test]
fn no_channels_leave_everything_unspent() {
    let plan = allocate(&question(&[], &[], 10.0, Goal::Response)).unwrap();
    assert_eq!((plan.unspent, plan.response, plan.spends.len()), (10.0, 0.0, 0));
}

proptest! {
    #[test]
    fn a_plan_keeps_its_bounds_and_no_swap_betters_it(
        parts in prop::collection::vec((1.0f64..1e5, 1.0f64..1e4, 0.3f64..1.0, 0.0f64..100.0, 1.0f64..3e4), 1..12),
        budget in 0.0f64..1e5,
    ) {
        let curves: Vec<Hill> = parts.iter().map(|p| Hill { top: p.0, half: p.1, slope: p.2 }).collect();
        let bounds: Vec<(f64, f64)> = parts.iter().map(|p| (p.3, p.3 + p.4)).collect();
        let minima: f64 = bounds.iter().map(|bound| bound.0).sum();
        let Ok(plan) = allocate(&question(&curves, &bounds, budget, Goal::Response)) else {
            prop_assert!(minima > budget);
            return Ok(());
        };
        prop_assert!(plan.spends.iter().sum::<f64>() <= budget * (1.0 + 1e-9));
        for (spend, (min, max)) in plan.spends.iter().zip(&bounds) {
            prop_assert!(*spend >= min - 1e-9 && *spend <= max + 1e-9);
        }
        let step = 1e-4 * budget;
        for from in 0..curves.len() {
            for to in 0..curves.len() {
                let (less, more) = (plan.spends[from] - step, plan.spends[to] + step);
                if from != to && less >= bounds[from].0 && more <= bounds[to].1 {
                    let change = curves[to].value(more) - curves[to].value(plan.spends[to])
                        + curves[from].value(less) - curves[from].value(plan.spends[from]);
                    prop_assert!(change <= 1e-7 * plan.response.max(1.0), "{change}");
                }
            }
        }
    }
}
