//! Pulled rows before the judge: they keep the rules that hold for every ad report, or are counted as
//! rejected.

use chrono::NaiveDate;
use stratum_models::platform::Platform;
use stratum_models::rejection::{RejectReason, Rejection, RowKind};

use super::call::plain_id;
use super::{Account, PulledRow, PulledSplit};
use stratum_wire::ad_reports::{Column, Fault, Judge, JudgedRow, Row};
use stratum_wire::rejections::Rejections;

/// Counts of rows taken and refused.
#[derive(Debug, Default)]
pub struct PulledRows {
    /// Those that keep the rules.
    pub taken: Vec<JudgedRow>,
    /// Rejections that stand for the others.
    pub rejected: Vec<Rejection>,
    /// The faults of the first of these.
    pub faults: Vec<PulledFault>,
}

/// Faults that are told of rows judged together.
const FAULTS_MAX: usize = 20;

/// The fault of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PulledFault {
    /// The row's campaign; empty where the id is none.
    pub campaign_id: String,
    /// The row's day; `None` where it is none.
    pub date: Option<NaiveDate>,
    /// Our name of the field; `None` where the row is wrong as a whole.
    pub field: Option<&'static str>,
    /// In words; what was told is not quoted.
    pub message: String,
}

impl PulledRows {
    /// The number of rejected rows.
    pub fn rejected_rows(&self) -> u64 {
        self.rejected.iter().map(|one| one.rows).sum()
    }
}

/// Judges the rows of an account. Their version is the time of the judge, so that what is pulled later
/// replaces what was pulled before.
pub fn judged(
    judge: &Judge<'_>,
    platform: Platform,
    account: &Account,
    rows: &[PulledRow],
) -> PulledRows {
    let mut taken = Vec::with_capacity(rows.len());
    // All rows are of one account; the first tells how it may be kept.
    let account_id = rows.first().map(|row| judge.account(&cells(platform, account, row)));
    let account_id = account_id.unwrap_or_default();
    let mut faults = Vec::new();
    let mut rejected = Rejections::new(judge.tenant_id(), None, RowKind::AdReport, judge.now());
    for row in rows {
        let fault = match judge.judge(&cells(platform, account, row)) {
            Ok(one) if one.split().is_some() == (row.split != PulledSplit::Campaign) => {
                taken.push(one);
                continue;
            }
            // A part without its id would pass for the whole.
            Ok(_) => Fault {
                reason: RejectReason::MissingField,
                column: None,
                message: "names no ad, ad set, country or device".into(),
            },
            // The first fault of a row is its reason.
            Err(faults) => faults.into_iter().next().unwrap_or_else(|| Fault {
                reason: RejectReason::InvalidValue,
                column: None,
                message: "breaks a rule".into(),
            }),
        };
        let field = fault.column.map_or("", Column::name);
        rejected.add(Some(platform), &account_id, "", fault.reason, field, 1);
        if faults.len() < FAULTS_MAX {
            faults.push(pulled_fault(row, fault));
        }
    }
    PulledRows { taken, rejected: rejected.into_rows(), faults }
}

fn pulled_fault(row: &PulledRow, fault: Fault) -> PulledFault {
    PulledFault {
        campaign_id: plain_id(&row.campaign_id).unwrap_or_default().to_owned(),
        date: row.date.parse().ok(),
        field: fault.column.map(Column::name),
        message: fault.message.into_owned(),
    }
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

#[cfg(test)]
mod tests {
    use stratum_models::id::TenantId;
    use stratum_models::time::UnixMillis;

    use super::*;
    use stratum_wire::limits::RowLimits;

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
        let limits = RowLimits::default();
        let now = UnixMillis(1_774_000_000_000);
        let keys = stratum_testing::identifier_keys().of(TenantId(3));
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
            row(PulledSplit::Campaign, "-"),
            row(ad("9"), "1"),
            row(ad(""), "1"),
            row(PulledSplit::Country("EG".into()), "1"),
            row(PulledSplit::Country("??".into()), "1"),
            row(PulledSplit::Device("connected_tv"), "1"),
        ];
        let judged = judged(&judge, Platform::Meta, &account, &rows);
        assert_eq!((judged.taken.len(), judged.rejected_rows()), (4, 4));
        let day = judged.taken[0].report();
        assert_eq!(
            (day.spend_micros, day.impressions, day.version),
            (1_500_000, 10, 1_774_000_000_000)
        );
        let fields: Vec<_> = judged.rejected.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["spend", "", "country"]);
        let told: Vec<_> = judged.faults.iter().map(|one| (one.field, one.date)).collect();
        let day = "2026-03-01".parse().ok();
        let spend = (Some("spend"), day);
        assert_eq!(told, [spend, spend, (None, day), (Some("country"), day)]);
        assert!(judged.faults.iter().all(|one| one.campaign_id == "7" && !one.message.is_empty()));
    }
}
