use super::*;

const DAY: [(Column, &str); 8] = [
    (Column::Platform, "google"),
    (Column::AccountId, "a"),
    (Column::CampaignId, "c"),
    (Column::Date, "2026-09-20"),
    (Column::Currency, "EUR"),
    (Column::Spend, "1.5"),
    (Column::Impressions, "100"),
    (Column::Clicks, "3"),
];

fn judged(more: &[(Column, &str)]) -> Result<JudgedRow, Vec<String>> {
    let limits = RowLimits::default();
    let keys = stratum_testing::identifier_keys().of(TenantId(1));
    let judge = Judge::new(&keys, UnixMillis(1_790_000_000_000), &limits);
    let row: Row<'_> = DAY.iter().chain(more).copied().collect();
    judge.judge(&row).map_err(|faults| faults.iter().map(Fault::to_string).collect())
}

fn split(more: &[(Column, &str)]) -> Option<Split> {
    judged(more).unwrap().split().cloned()
}

#[test]
fn the_columns_of_a_row_tell_its_part() {
    assert_eq!(split(&[]), None);
    let set = Split::AdSet { id: "s".into(), name: "Set".into() };
    assert_eq!(split(&[(Column::AdSetId, "s"), (Column::AdSetName, "Set")]), Some(set));
    let ad = split(&[(Column::AdId, "x"), (Column::AdSetId, "s"), (Column::AdName, "Ad")]);
    assert_eq!(ad.as_ref().map(Split::key), Some(["s", "x", "", ""]));
    assert_eq!(ad.as_ref().map(Split::names), Some(["", "Ad"]));
    for country in ["de", "DEU", "Germany"] {
        let split = split(&[(Column::Country, country)]);
        assert_eq!(split.as_ref().map(Split::key), Some(["", "", "DE", ""]), "{country}");
    }
    for (name, device) in
        [("MOBILE", "mobile"), ("Connected_TV", "connected_tv"), ("PC", "desktop")]
    {
        let split = split(&[(Column::Device, name)]);
        assert_eq!(split.as_ref().map(Split::key), Some(["", "", "", device]), "{name}");
    }
}

#[test]
fn a_row_that_is_two_parts_or_a_nameless_one_is_refused() {
    let faults = |more: &[(Column, &str)]| judged(more).unwrap_err().join("; ");
    for two in [
        [(Column::AdId, "x"), (Column::Country, "de")],
        [(Column::AdSetId, "s"), (Column::Device, "desktop")],
        [(Column::Country, "de"), (Column::Device, "desktop")],
    ] {
        assert!(faults(&two).contains("one thing at a time"), "{two:?}");
    }
    assert_eq!(faults(&[(Column::AdSetName, "Set")]), "ad_set_id is required");
    assert_eq!(faults(&[(Column::AdName, "Ad")]), "ad_id is required");
    assert!(faults(&[(Column::Country, "Atlantis")]).starts_with("country must be a country"));
    assert!(faults(&[(Column::Device, "fridge")]).starts_with("device must be one of"));
}

#[test]
fn an_account_is_kept_under_its_one_id() {
    let kept = |platform, id| {
        let row = [(Column::Platform, platform), (Column::AccountId, id)];
        judged(&row).unwrap().report().account_id.clone()
    };
    assert_eq!(kept("meta", "act_4411"), "4411");
    assert_eq!(kept("META", "4411"), "4411");
    assert_eq!(kept("google", "123-456-7890"), "1234567890");
}

#[test]
fn an_id_that_went_through_a_float_is_refused() {
    for column in [Column::CampaignId, Column::AccountId, Column::AdSetId] {
        for id in [
            "2.38426E+16",
            "1.2021123456789012e+17",
            "1.2021123456789012e17",
            "1e17",
            "2,38426E+16",
            "23850000000000123.0",
            "23850000000000123,00",
            "23850000000000123.",
            "120,211,234",
            "NaN",
        ] {
            let faults = judged(&[(column, id)]).unwrap_err();
            let named = faults[0].starts_with(column.name());
            assert!(named && faults[0].contains("floating-point"), "{id}: {faults:?}");
        }
        for id in ["120211234567890123", "8adc3db7-8148", "e5", "1e", "a1.5", "-55", "1e5f"] {
            assert!(judged(&[(column, id)]).is_ok(), "{id}");
        }
    }
}

#[test]
fn amounts_may_be_below_zero_and_counts_may_not() {
    for column in [Column::Spend, Column::Revenue] {
        assert!(judged(&[(column, "-12.5")]).is_ok());
        assert!(judged(&[(column, "-1e15")]).is_err(), "it is within bounds all the same");
    }
    for column in [Column::Impressions, Column::Clicks, Column::Conversions] {
        assert!(judged(&[(column, "-1")]).is_err());
    }
}

#[test]
fn only_rows_of_one_part_can_contradict_each_other() {
    let row = |part: &[(Column, &str)], clicks| {
        let mut judged = judged(part).unwrap();
        match &mut judged {
            JudgedRow::Day(report) | JudgedRow::Split(AdReportSplit { report, .. }) => {
                report.clicks = clicks;
            }
        }
        judged
    };
    let (de, fr) = ([(Column::Country, "de")], [(Column::Country, "fr")]);
    let rows = [row(&[], 1), row(&de, 2), row(&fr, 3), row(&de, 2), row(&fr, 4), row(&[], 1)];
    assert_eq!(contradictions(&rows), [(4, 2)]);
}
