use proptest::prelude::*;

use super::*;

fn day(after: i32) -> Day {
    Day::from_epoch_days(20_000 + after).unwrap()
}

fn rate(currency: Currency, after: i32, per_usd_nanos: i64) -> FxRate {
    FxRate { day: day(after), currency, per_usd_nanos }
}

fn group(currency: Option<Currency>, after: i32, spend: i64, tracked: i64) -> KpiGroup {
    let sums = MetricSums {
        spend_micros: spend.into(),
        clicks: 1,
        tracked_revenue_micros: tracked.into(),
        ..MetricSums::default()
    };
    let day = Some(day(after));
    KpiGroup { currency, platform: None, day, campaign_id: None, campaign_name: None, sums }
}

fn gbp() -> Currency {
    Currency::parse("GBP").unwrap()
}

#[test]
fn an_amount_is_converted_by_the_rate_of_its_day() {
    let rates = [rate(Currency::EUR, 0, 500_000_000), rate(gbp(), 0, 250_000_000)];
    let into = |to| Conversion::new(to, rates);
    assert_eq!(into(Currency::USD).factor(Currency::EUR, day(0)), Some(2 * FACTOR_ONE));
    assert_eq!(into(Currency::EUR).factor(Currency::USD, day(0)), Some(FACTOR_ONE / 2));
    assert_eq!(into(gbp()).factor(Currency::EUR, day(0)), Some(FACTOR_ONE / 2));
    assert_eq!(into(gbp()).factor(Currency::EUR, day(1)), None);
    assert_eq!(into(gbp()).factor(gbp(), day(1)), Some(FACTOR_ONE), "itself needs no rate");
    let missing: Vec<_> = into(gbp()).missing(Currency::EUR, day(1)).collect();
    assert_eq!(missing, [Currency::EUR, gbp()]);
    assert_eq!(into(Currency::USD).missing(Currency::EUR, day(0)).count(), 0);
}

#[test]
fn the_largest_amounts_and_rates_do_not_overflow() {
    let most = [rate(Currency::EUR, 0, 1_000_000_000_000_000_000), rate(gbp(), 0, 1)];
    let factor = Conversion::new(Currency::EUR, most).factor(gbp(), day(0)).unwrap();
    assert_eq!(factor, FACTOR_ONE * FACTOR_ONE);
    let mut sum = ConvertedAmount::of(i128::from(i64::MAX) * 1000, factor);
    assert_eq!(sum.micros(), i128::MAX, "more than can be shown");
    sum += ConvertedAmount::of(-i128::from(i64::MAX) * 1000, factor);
    assert_eq!(sum, ConvertedAmount::default());
}

#[test]
fn it_is_rounded_half_away_from_zero() {
    for (micros, factor, rounded) in [(3, FACTOR_ONE / 2, 2), (-3, FACTOR_ONE / 2, -2), (1, 1, 0)] {
        assert_eq!(ConvertedAmount::of(micros, factor).micros(), rounded, "{micros} × {factor}");
    }
}

#[test]
fn missing_rates_are_gathered_and_bounded() {
    let into = Conversion::new(Currency::USD, [rate(Currency::EUR, 2, 1)]);
    let euros = |after| group(Some(Currency::EUR), after, 1, 0);
    let groups: Vec<_> = [0, 1, 2, 3].into_iter().map(euros).collect();
    let tally = Tally::of(&groups, &into);
    let missing = |from, to, count| {
        let days = DayRange::new(day(from), day(to));
        MissingRates { currency: Currency::EUR, days, count }
    };
    assert_eq!(tally.missing(), [missing(0, 1, 2), missing(3, 3, 1)]);
    assert!(!tally.knows_reported() && tally.knows_tracked());
    let scattered: Vec<_> = (0..40).map(|at| euros(3 + 2 * at)).collect();
    let missing = Tally::of(&scattered, &into).missing();
    assert_eq!(missing.len(), MISSING_RANGES_MAX);
    assert_eq!(missing.iter().map(|one| one.count).sum::<usize>(), 40);
}

#[test]
fn a_day_without_a_rate_has_the_last_one_of_a_week() {
    let days = DayRange::new(day(0), day(20)).unwrap();
    let rates = [rate(Currency::EUR, -3, 4), rate(Currency::EUR, 5, 2), rate(gbp(), 5, 1)];
    let into = Conversion::carrying(Currency::USD, rates, days);
    let per_usd = |after, nanos: i128| {
        let factor = (1_000_000_000 * FACTOR_ONE + nanos / 2) / nanos;
        assert_eq!(into.factor(Currency::EUR, day(after)), Some(factor), "{after}");
    };
    for (after, nanos) in [(0, 4), (4, 4), (5, 2), (6, 2), (12, 2)] {
        per_usd(after, nanos);
    }
    assert_eq!(into.factor(Currency::EUR, day(13)), None, "older than a week");
    let euros = |after| group(Some(Currency::EUR), after, 1, 0);
    let groups = [euros(3), euros(4), euros(5), euros(6), euros(13)];
    let tally = Tally::of(&groups, &into);
    let carried = |of, from, to, count| {
        let days = DayRange::new(day(from), day(to)).unwrap();
        CarriedRates { currency: Currency::EUR, of: day(of), days, count }
    };
    assert_eq!(tally.carried(), [carried(-3, 3, 4, 2), carried(5, 6, 6, 1)]);
    assert_eq!(tally.missing().len(), 1);
    // What holds no amount needs no rate, nor does what is in the currency already.
    let none = [group(Some(gbp()), 6, 0, 0), group(Some(Currency::USD), 6, 5, 5)];
    assert_eq!(Tally::of(&none, &into).carried(), []);
    // A factor of each day, for the warehouse.
    let factors = into.factors(DayRange::new(day(6), day(7)).unwrap());
    let euros = factors.iter().filter(|factor| factor.from == Currency::EUR);
    assert_eq!(euros.map(|factor| factor.day).collect::<Vec<_>>(), [day(6), day(7)]);
}

#[test]
fn rates_that_are_carried_are_gathered_and_bounded() {
    let days = DayRange::new(day(0), day(200)).unwrap();
    let rates = (0..40).map(|at| rate(Currency::EUR, 5 * at, 2));
    let into = Conversion::carrying(Currency::USD, rates, days);
    let groups: Vec<_> = (0..200).map(|after| group(Some(Currency::EUR), after, 1, 0)).collect();
    let carried = Tally::of(&groups, &into).carried();
    assert_eq!(carried.len(), MISSING_RANGES_MAX);
    assert_eq!(carried.iter().map(|one| one.count).sum::<usize>(), 160);
}

#[test]
fn what_is_nothing_needs_no_rate() {
    let into = Conversion::new(Currency::USD, []);
    let tally = Tally::of(&[group(Some(Currency::EUR), 0, 0, 0), group(None, 0, 0, 0)], &into);
    assert!(tally.knows_reported() && tally.knows_tracked() && tally.missing().is_empty());
    assert_eq!(tally.sums().clicks, 2);
}

#[test]
fn the_target_is_the_only_currency_or_the_tenants_own() {
    let target = |groups: &[KpiGroup]| Currencies::of(groups).target(gbp());
    let (eur, usd) = (Some(Currency::EUR), Some(Currency::USD));
    assert_eq!(target(&[]), None);
    assert_eq!(target(&[group(eur, 0, 0, 0)]), eur);
    assert_eq!(target(&[group(eur, 0, 5, 0), group(usd, 0, 0, 9)]), eur, "reported comes first");
    assert_eq!(target(&[group(eur, 0, 5, 0), group(usd, 0, 1, 0)]), Some(gbp()));
    assert_eq!(target(&[group(usd, 0, 0, 3), group(eur, 0, 0, 0)]), usd);
}

fn any_group() -> impl Strategy<Value = KpiGroup> {
    let currency = prop_oneof![
        Just(None),
        Just(Some(Currency::EUR)),
        Just(Some(Currency::USD)),
        Just(Some(gbp()))
    ];
    (currency, 0..20i32, any::<i32>(), any::<i32>()).prop_map(
        |(currency, after, spend, tracked)| group(currency, after, spend.into(), tracked.into()),
    )
}

fn any_rates() -> impl Strategy<Value = Vec<FxRate>> {
    let one = (prop_oneof![Just(Currency::EUR), Just(gbp())], 0..20i32, 1..2_000_000_000_000i64);
    proptest::collection::vec(one.prop_map(|(of, after, nanos)| rate(of, after, nanos)), 0..80)
}

proptest! {
    /// Whatever groups a sum is made of, in whatever order.
    #[test]
    fn the_sum_of_the_converted_is_what_the_sum_converts_to(
        groups in proptest::collection::vec(any_group(), 0..60),
        rates in any_rates(),
        parts in 1..7usize,
    ) {
        let into = Conversion::new(Currency::EUR, rates);
        let whole = Tally::of(&groups, &into);
        let mut sum = Tally::default();
        for part in 0..parts {
            sum += &Tally::of(groups.iter().skip(part).step_by(parts), &into);
        }
        prop_assert_eq!(&whole, &sum);
        let (one, rest) = groups.split_at(groups.len() / parts);
        let mut left = whole.clone();
        left -= &Tally::of(one, &into);
        prop_assert_eq!(left.amounts, Tally::of(rest, &into).amounts);
        prop_assert_eq!(left.counts, Tally::of(rest, &into).counts);
        // Gathered by day and currency first, as a warehouse does.
        let mut gathered = BTreeMap::<_, MetricSums>::new();
        for group in &groups {
            *gathered.entry((group.currency, group.day)).or_default() += group.sums;
        }
        let gathered = gathered.into_iter().map(|((currency, day), sums)| {
            KpiGroup { currency, platform: None, day, campaign_id: None, campaign_name: None, sums }
        });
        let gathered: Vec<_> = gathered.collect();
        prop_assert_eq!(whole.sums().clicks, Tally::of(&gathered, &into).sums().clicks);
        prop_assert_eq!(whole.amounts, Tally::of(&gathered, &into).amounts);
    }
}
