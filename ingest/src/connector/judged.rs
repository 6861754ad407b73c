//! Pulled rows before the judge: they keep the rules that hold for every ad report, or are counted as
//! rejected.

use stratum_models::platform::Platform;
use stratum_models::rejection::{RejectReason, Rejection, RowKind};

use super::{Account, PulledRow, PulledSplit};
use crate::ad_reports::{Column, Judge, Judged, Row};

/// What became of rows.
#[derive(Debug, Default)]
pub struct PulledRows {
    /// Those that keep the rules.
    pub taken: Vec<Judged>,
    /// What stands for each of the others.
    pub rejected: Vec<Rejection>,
}

/// Judges the rows of an account. Their version is the time of the judge, so that what is pulled later
/// replaces what was pulled before.
pub fn judged(
    judge: &Judge<'_>,
    platform: Platform,
    account: &Account,
    rows: &[PulledRow],
) -> PulledRows {
    let mut judged = PulledRows::default();
    for row in rows {
        let cells = cells(platform, account, row);
        match judge.judge(&cells) {
            Ok(one) if one.split().is_some() == (row.split != PulledSplit::Campaign) => {
                judged.taken.push(one);
            }
            // A part without its id would pass for the whole.
            Ok(_) => {
                let rejection =
                    rejection(judge, platform, &cells, RejectReason::MissingField, None);
                judged.rejected.push(rejection);
            }
            Err(faults) => {
                let fault = faults.first();
                let reason = fault.map_or(RejectReason::InvalidValue, |fault| fault.reason);
                let column = fault.and_then(|fault| fault.column);
                judged.rejected.push(rejection(judge, platform, &cells, reason, column));
            }
        }
    }
    judged
}

fn cells<'r>(platform: Platform, account: &'r Account, row: &'r PulledRow) -> Row<'r> {
    let mut cells: Row<'r> = Row::from_iter([
        (Column::Platform, platform.as_str()),
        (Column::AccountId, account.id.as_str()),
        (Column::Currency, account.currency.as_str()),
        (Column::CampaignId, row.campaign_id.as_str()),
        (Column::CampaignName, row.campaign_name.as_str()),
        (Column::Date, row.date.as_str()),
        (Column::Spend, row.spend.as_str()),
        (Column::Impressions, row.impressions.as_str()),
        (Column::Clicks, row.clicks.as_str()),
        (Column::Conversions, row.conversions.as_str()),
        (Column::Revenue, row.revenue.as_str()),
    ]);
    match &row.split {
        PulledSplit::Campaign => {}
        PulledSplit::Ad { ad_set_id, ad_set_name, id, name } => {
            cells.put(Column::AdSetId, ad_set_id);
            cells.put(Column::AdSetName, ad_set_name);
            cells.put(Column::AdId, id);
            cells.put(Column::AdName, name);
        }
        PulledSplit::Country(country) => cells.put(Column::Country, country),
        PulledSplit::Device(device) => cells.put(Column::Device, device),
    }
    cells
}

fn rejection(
    judge: &Judge<'_>,
    platform: Platform,
    row: &Row<'_>,
    reason: RejectReason,
    column: Option<Column>,
) -> Rejection {
    Rejection {
        tenant_id: judge.tenant_id(),
        platform,
        dataset_id: judge.account(row),
        kind: RowKind::AdReport,
        event_name: String::new(),
        reason,
        field: column.map(|column| column.name().to_owned()).unwrap_or_default(),
        received_at: judge.now(),
    }
}

#[cfg(test)]
mod tests {
    use stratum_models::id::TenantId;
    use stratum_models::time::UnixMillis;

    use super::*;
    use crate::config::DoorConfig;

    fn row(split: PulledSplit, spend: &str) -> PulledRow {
        PulledRow {
            date: "2026-03-01".into(),
            campaign_id: "7".into(),
            campaign_name: "Spring".into(),
            split,
            spend: spend.into(),
            impressions: "10.000000".into(),
            clicks: "2".into(),
            conversions: "0.5".into(),
            revenue: "0".into(),
        }
    }

    #[test]
    fn faulty_rows_are_rejected_and_stop_nothing() {
        let limits = DoorConfig::default();
        let now = UnixMillis(1_774_000_000_000);
        let keys = stratum_models::testing::identifier_keys().of(TenantId(3));
        let judge = Judge::new(&keys, now, &limits);
        let account = Account {
            id: "act_1".into(),
            name: "Nile Souq".into(),
            currency: "EGP".parse().unwrap(),
            zone: chrono_tz::Africa::Cairo,
        };
        let ad = |id: &str| PulledSplit::Ad {
            ad_set_id: String::new(),
            ad_set_name: String::new(),
            id: id.into(),
            name: String::new(),
        };
        let rows = [
            row(PulledSplit::Campaign, "1.5"),
            row(PulledSplit::Campaign, "n/a"),
            row(ad("9"), "1"),
            row(ad(""), "1"),
            row(PulledSplit::Country("EG".into()), "1"),
            row(PulledSplit::Country("??".into()), "1"),
            row(PulledSplit::Device("connected_tv"), "1"),
        ];
        let judged = judged(&judge, Platform::Meta, &account, &rows);
        assert_eq!((judged.taken.len(), judged.rejected.len()), (4, 3));
        let day = judged.taken[0].report();
        assert_eq!(
            (day.spend_micros, day.impressions, day.version),
            (1_500_000, 10, 1_774_000_000_000)
        );
        let fields: Vec<_> = judged.rejected.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["spend", "", "country"]);
    }
}
