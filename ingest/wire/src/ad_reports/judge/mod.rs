//! The rules of ad reports, whoever sends them: a request, a file, a platform that is asked.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::ops::RangeInclusive;

use chrono::{Days, NaiveDate};
use stratum_models::ad_report::{AdReport, AdReportSplit, Split, SplitBy};
use stratum_models::id::TenantId;
use stratum_models::money::{Currency, MICROS, parse_micros};
use stratum_models::platform::Platform;
use stratum_models::rejection::RejectReason;
use stratum_models::seal::TenantKeys;
use stratum_models::time::{Day, UnixMillis};

use super::id::{OF_FLOAT, is_of_float};
use super::rows::{Column, Row};
use super::split;
use crate::limits::RowLimits;
use crate::redact::Person;

/// Characters of a name.
const NAME_CHARS_MAX: usize = 500;
/// The bytes that redaction looks at as one text.
const REDACTED_BYTES_MAX: usize = 256;

/// A row that keeps the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JudgedRow {
    /// A campaign's day.
    Day(AdReport),
    /// A part of one.
    Split(AdReportSplit),
}

impl JudgedRow {
    /// The figures, and whose they are.
    pub fn report(&self) -> &AdReport {
        match self {
            JudgedRow::Day(report) | JudgedRow::Split(AdReportSplit { report, .. }) => report,
        }
    }

    /// Days and parts of days, each in their order.
    pub fn apart(rows: Vec<JudgedRow>) -> (Vec<AdReport>, Vec<AdReportSplit>) {
        let (mut days, mut splits) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            match row {
                JudgedRow::Day(day) => days.push(day),
                JudgedRow::Split(split) => splits.push(split),
            }
        }
        (days, splits)
    }

    /// Two rows of one key say the same, or contradict each other.
    pub fn key(&self) -> RowKey<'_> {
        let AdReport { platform, account_id, campaign_id, date, version, .. } = self.report();
        let part = self.split().map(|split| (split.by(), split.key()));
        (*platform, account_id, campaign_id, *date, *version, part)
    }

    /// Which part of the campaign's day, `None` for the whole.
    pub fn split(&self) -> Option<&Split> {
        match self {
            JudgedRow::Day(_) => None,
            JudgedRow::Split(split) => Some(&split.split),
        }
    }
}

/// The key of a report's row: platform, account, campaign, day, version, part.
pub type RowKey<'r> = (Platform, &'r str, &'r str, Day, u64, Option<(SplitBy, [&'r str; 4])>);

/// A column at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kind of fault.
    pub reason: RejectReason,
    /// Where it is; `None` when the row is wrong as a whole.
    pub column: Option<Column>,
    /// Continues the name of the column: `must be …`.
    pub message: Cow<'static, str>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            Some(column) => write!(f, "{} {}", column.name(), self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// Judges the rows of one tenant, received at one time.
pub struct Judge<'a> {
    keys: &'a TenantKeys,
    now: UnixMillis,
    limits: &'a RowLimits,
    /// Nobody: for what any text is redacted of.
    nobody: Person,
}

/// Collects what is wrong with one row.
pub(super) struct Check<'r, 'a> {
    judge: &'r Judge<'r>,
    pub(super) row: &'r Row<'a>,
    faults: Vec<Fault>,
}

impl<'a> Judge<'a> {
    /// A judge of rows of the tenant with these keys, received `now`, the version of those that name none.
    pub fn new(keys: &'a TenantKeys, now: UnixMillis, limits: &'a RowLimits) -> Judge<'a> {
        Judge { keys, now, limits, nobody: Person::new() }
    }

    /// Whose rows they are.
    pub const fn tenant_id(&self) -> TenantId {
        self.keys.tenant()
    }

    /// When they were received.
    pub const fn now(&self) -> UnixMillis {
        self.now
    }

    /// The row as it is stored, or all faults of it.
    pub fn judge(&self, row: &Row<'_>) -> Result<JudgedRow, Vec<Fault>> {
        let mut check = Check { judge: self, row, faults: Vec::new() };
        let judged = if row.no_object {
            check.refuse(RejectReason::WrongType, "must be an object")
        } else {
            check.judged()
        };
        judged.filter(|_| check.faults.is_empty()).ok_or(check.faults)
    }

    /// The platform of a row, as far as it can be told.
    pub fn platform(row: &Row<'_>) -> Option<Platform> {
        Platform::parse(&row.cell(Column::Platform)?.to_ascii_lowercase())
    }

    /// The account of a row as it may be kept, empty when it cannot.
    pub fn account(&self, row: &Row<'_>) -> String {
        let id = row.cell(Column::AccountId).unwrap_or_default();
        let fits = id.len() <= self.limits.text_bytes_max;
        if fits { self.kept(&Judge::one_account_id(row, id)).into_owned() } else { String::new() }
    }

    /// The account in the one form of its platform.
    fn one_account_id<'r>(row: &Row<'r>, id: &'r str) -> Cow<'r, str> {
        Judge::platform(row).map_or(id.into(), |platform| platform.account_id(id))
    }

    /// A text without personal data.
    fn kept<'t>(&self, text: &'t str) -> Cow<'t, str> {
        // Long texts are looked at in overlapping parts: they would be replaced for their length.
        let mut start = 0;
        while text.len() - start > REDACTED_BYTES_MAX {
            let end = text.floor_char_boundary(start + REDACTED_BYTES_MAX);
            if self.nobody.is_told_by(&text[start..end]) {
                return self.keys.pseudonym(text).into();
            }
            start = text.floor_char_boundary(start + REDACTED_BYTES_MAX / 2);
        }
        if self.nobody.is_told_by(&text[start..]) {
            self.keys.pseudonym(text).into()
        } else {
            text.into()
        }
    }
}

impl Check<'_, '_> {
    /// `None` only beside a fault. Every column is looked at, so that all faults are told at once.
    fn judged(&mut self) -> Option<JudgedRow> {
        let report = self.report();
        let split = split::of_row(self);
        Some(match (report?, split?) {
            (report, None) => JudgedRow::Day(report),
            (report, Some(split)) => JudgedRow::Split(AdReportSplit { report, split }),
        })
    }

    fn report(&mut self) -> Option<AdReport> {
        if let Some((column, names)) = self.row.named_twice() {
            let [one, other] = names;
            let message = format!("is named by two columns, {one} and {other}; send one of them");
            self.fault::<()>(RejectReason::InvalidValue, column, message);
        }
        let platform = self.platform();
        let account_id = self.id(Column::AccountId);
        let campaign_id = self.id(Column::CampaignId);
        let campaign_name = self.name(Column::CampaignName);
        let date = self.date();
        let currency = self.currency();
        let spend_micros = self.amount(Column::Spend, None);
        let impressions = self.count(Column::Impressions);
        let clicks = self.count(Column::Clicks);
        let conversions_micros = self.conversions();
        let revenue_micros = self.amount(Column::Revenue, Some(0));
        let version = self.version();
        Some(AdReport {
            tenant_id: self.judge.tenant_id(),
            platform: platform?,
            account_id: account_id?,
            campaign_id: campaign_id?,
            campaign_name: campaign_name?,
            date: date?,
            currency: currency?,
            spend_micros: spend_micros?,
            impressions: impressions?,
            clicks: clicks?,
            conversions_micros: conversions_micros?,
            revenue_micros: revenue_micros?,
            version: version?,
            received_at: self.judge.now,
        })
    }

    pub(super) fn fault<T>(
        &mut self,
        reason: RejectReason,
        column: Column,
        message: impl Into<Cow<'static, str>>,
    ) -> Option<T> {
        self.faults.push(Fault { reason, column: Some(column), message: message.into() });
        None
    }

    /// A fault of the row as a whole.
    pub(super) fn refuse<T>(&mut self, reason: RejectReason, message: &'static str) -> Option<T> {
        self.faults.push(Fault { reason, column: None, message: message.into() });
        None
    }

    /// A cell; absent is a fault.
    fn required(&mut self, column: Column) -> Option<&str> {
        if self.row.is_wrong(column) {
            return self.fault(RejectReason::WrongType, column, "must be a text or a number");
        }
        match self.row.cell(column) {
            Some(cell) => Some(cell),
            None => self.fault(RejectReason::MissingField, column, "is required"),
        }
    }

    /// A cell that may be absent, as `Some(None)`.
    pub(super) fn optional(&mut self, column: Column) -> Option<Option<&str>> {
        if self.row.is_wrong(column) {
            return self.fault(RejectReason::WrongType, column, "must be a text or a number");
        }
        Some(self.row.cell(column))
    }

    fn platform(&mut self) -> Option<Platform> {
        const EXPECTED: &str = "must be one of meta, google, tiktok, snapchat, linkedin, pinterest";
        self.required(Column::Platform)?;
        match Judge::platform(self.row) {
            Some(platform) => Some(platform),
            None => self.fault(RejectReason::InvalidValue, Column::Platform, EXPECTED),
        }
    }

    pub(super) fn id(&mut self, column: Column) -> Option<String> {
        let bytes_max = self.judge.limits.text_bytes_max;
        if self.required(column)?.len() > bytes_max {
            return self.fault(RejectReason::TooLong, column, "is too long");
        }
        let id = self.row.cell(column)?;
        if is_of_float(id) {
            return self.fault(RejectReason::InvalidValue, column, OF_FLOAT);
        }
        Some(match column {
            Column::AccountId => self.judge.kept(&Judge::one_account_id(self.row, id)).into_owned(),
            _ => self.judge.kept(id).into_owned(),
        })
    }

    pub(super) fn name(&mut self, column: Column) -> Option<String> {
        let name = self.optional(column)?.unwrap_or_default();
        if name.chars().count() > NAME_CHARS_MAX {
            return self.fault(RejectReason::TooLong, column, "is too long");
        }
        let name = self.row.cell(column).unwrap_or_default();
        Some(self.judge.kept(name).into_owned())
    }

    fn date(&mut self) -> Option<Day> {
        const EXPECTED: &str = "must be a day as YYYY-MM-DD, not before 2000";
        let text = self.required(Column::Date)?;
        let date = Some(text).filter(|text| text.len() == 10).and_then(|text| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|date| *date >= EARLIEST)
        });
        let Some(date) = date else {
            return self.fault(RejectReason::InvalidValue, Column::Date, EXPECTED);
        };
        // Somewhere on earth it is tomorrow already.
        let latest = self.judge.now.to_utc().date_naive().checked_add_days(Days::new(1));
        if latest.is_some_and(|latest| date > latest) {
            return self.fault(RejectReason::InFuture, Column::Date, "lies in the future");
        }
        Some(Day(date))
    }

    fn currency(&mut self) -> Option<Currency> {
        const EXPECTED: &str = "must be an ISO 4217 code";
        match Currency::parse(self.required(Column::Currency)?) {
            Some(currency) => Some(currency),
            None => self.fault(RejectReason::InvalidCurrency, Column::Currency, EXPECTED),
        }
    }

    fn amount(&mut self, column: Column, absent: Option<i64>) -> Option<i64> {
        const EXPECTED: &str = "must be a decimal number within bounds";
        let units_max = self.judge.limits.amount_units_max;
        // Credits and refunds are reported as days below zero.
        self.micros(column, absent, -units_max..=units_max, EXPECTED)
    }

    fn conversions(&mut self) -> Option<i64> {
        const EXPECTED: &str = "must be a number, not negative, within bounds";
        let count_max = self.judge.limits.count_max;
        self.micros(Column::Conversions, Some(0), 0..=count_max, EXPECTED)
    }

    fn count(&mut self, column: Column) -> Option<i64> {
        const EXPECTED: &str = "must be a whole number, not negative, within bounds";
        let count_max = self.judge.limits.count_max;
        let micros = self.micros(column, None, 0..=count_max, EXPECTED)?;
        if micros % MICROS != 0 {
            return self.fault(RejectReason::InvalidValue, column, EXPECTED);
        }
        Some(micros / MICROS)
    }

    fn micros(
        &mut self,
        column: Column,
        absent: Option<i64>,
        units: RangeInclusive<i64>,
        expected: &'static str,
    ) -> Option<i64> {
        let text = match absent {
            None => self.required(column)?,
            Some(absent) => match self.optional(column)? {
                Some(text) => text,
                None => return Some(absent),
            },
        };
        let [least, most] = [units.start(), units.end()].map(|units| units.saturating_mul(MICROS));
        match parse_micros(text).filter(|micros| (least..=most).contains(micros)) {
            Some(micros) => Some(micros),
            None => self.fault(RejectReason::InvalidValue, column, expected),
        }
    }

    fn version(&mut self) -> Option<u64> {
        const EXPECTED: &str = "must be a whole number, not negative";
        const TOO_HIGH: &str = "must not be higher than the time in milliseconds: no later version could \
            replace it";
        let now = self.judge.now.0.max(0);
        let latest = now.saturating_add(self.judge.limits.clock_skew_ms_max).unsigned_abs();
        let text = match self.optional(Column::Version)? {
            None => return Some(now.unsigned_abs()),
            Some(text) => text,
        };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(version) if version <= latest => Some(version),
            // Also one that is too long to be a number of ours.
            _ if digits => self.fault(RejectReason::InvalidValue, Column::Version, TOO_HIGH),
            _ => self.fault(RejectReason::InvalidValue, Column::Version, EXPECTED),
        }
    }
}

/// Ad platforms have nothing to report from before.
const EARLIEST: NaiveDate = match NaiveDate::from_ymd_opt(2000, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// Two rows of one key and version that differ contradict each other: nobody could say which one
/// counts. The same row twice is harmless, and so are two versions. Each pair is the index of a row
/// and of an earlier one that it contradicts.
pub fn contradictions(rows: &[JudgedRow]) -> Vec<(usize, usize)> {
    let mut seen = HashMap::with_capacity(rows.len());
    let mut contradictions = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let earlier = *seen.entry(row.key()).or_insert(index);
        if rows.get(earlier).is_some_and(|earlier| earlier != row) {
            contradictions.push((index, earlier));
        }
    }
    contradictions
}

#[cfg(test)]
mod tests;
