//! The columns of each export. Names are the warehouse's and the files'; never rename one.

use arrow::datatypes::{DataType, Field};

use crate::event::timestamp_type;

/// The kind of a column's cells, which also says how a batch holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A text of which there are few: a dictionary.
    Name,
    /// Any text.
    Text,
    /// A whole number.
    Count,
    /// A decimal with six digits behind the point, as millionths: amounts, fractional conversions.
    Decimal,
    /// A calendar day.
    Day,
    /// An instant, to the millisecond, UTC.
    Instant,
    /// Yes or no.
    Flag,
    /// A score or a share, which is no amount.
    Ratio,
}

/// A column of an export.
#[derive(Debug, PartialEq, Eq)]
pub struct ExportColumn {
    /// The column's name.
    pub name: &'static str,
    /// The kind of its cells.
    pub kind: ColumnKind,
    /// Whether cells may be empty.
    pub optional: bool,
    /// Whether cells tell who somebody is, so that a right of its own is needed: SHA-256 in
    /// hexadecimal digits, several parted by bars.
    pub identifies: bool,
}

impl ExportColumn {
    /// The Arrow field that a batch holds it in.
    pub fn field(&self) -> Field {
        let kind = match self.kind {
            ColumnKind::Name => {
                DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
            }
            ColumnKind::Text => DataType::Utf8,
            ColumnKind::Count | ColumnKind::Decimal => DataType::Int64,
            ColumnKind::Day => DataType::Date32,
            ColumnKind::Instant => timestamp_type(),
            ColumnKind::Flag => DataType::Boolean,
            ColumnKind::Ratio => DataType::Float64,
        };
        Field::new(self.name, kind, self.optional)
    }
}

const fn of(name: &'static str, kind: ColumnKind) -> ExportColumn {
    ExportColumn { name, kind, optional: false, identifies: false }
}

const fn optional(name: &'static str, kind: ColumnKind) -> ExportColumn {
    ExportColumn { name, kind, optional: true, identifies: false }
}

const fn identifier(name: &'static str) -> ExportColumn {
    ExportColumn { name, kind: Text, optional: true, identifies: true }
}

use ColumnKind::{Count, Day, Decimal, Flag, Instant, Name, Ratio, Text};

pub(super) const CAMPAIGNS: &[ExportColumn] = &[
    of("id", Text),
    of("platform", Name),
    optional("external_id", Text),
    optional("account_id", Text),
    of("name", Text),
    of("status", Name),
    optional("objective", Text),
    of("currency", Name),
    optional("daily_budget", Decimal),
    optional("lifetime_budget", Decimal),
    optional("start_date", Day),
    optional("end_date", Day),
    of("labels", Text),
    optional("spend", Decimal),
    optional("impressions", Count),
    optional("clicks", Count),
    optional("conversions", Decimal),
    optional("revenue", Decimal),
    optional("last_synced_at", Instant),
    of("created_at", Instant),
    of("updated_at", Instant),
];

pub(super) const CAMPAIGN_METRICS: &[ExportColumn] = &[
    of("date", Day),
    of("platform", Name),
    of("account_id", Name),
    of("campaign_id", Text),
    of("campaign_name", Text),
    of("currency", Name),
    of("spend", Decimal),
    of("impressions", Count),
    of("clicks", Count),
    of("conversions", Decimal),
    of("revenue", Decimal),
    of("tracked_conversions", Count),
    of("tracked_revenue", Decimal),
];

pub(super) const EVENTS: &[ExportColumn] = &[
    of("event_date", Day),
    of("dialect", Name),
    of("platform", Name),
    of("dataset_id", Name),
    of("event_name", Name),
    of("event_time", Instant),
    of("received_at", Instant),
    of("action_source", Name),
    of("channel", Name),
    optional("event_id", Text),
    optional("order_id", Text),
    optional("value", Decimal),
    optional("currency", Name),
    of("campaign_id", Name),
    of("valid_identifiers", Name),
    of("invalid_identifiers", Name),
    identifier("em_sha256"),
    identifier("ph_sha256"),
    identifier("external_id_sha256"),
    identifier("click_id_sha256"),
    identifier("browser_id_sha256"),
    identifier("madid_sha256"),
    identifier("login_id_sha256"),
    identifier("lead_id_sha256"),
    identifier("subscription_id_sha256"),
    identifier("messaging_id_sha256"),
    of("test", Flag),
    of("opt_out", Flag),
    of("limited_data_use", Flag),
    optional("country", Name),
    of("device", Name),
    optional("source_host", Name),
    of("config_version", Count),
];

pub(super) const EMQ: &[ExportColumn] = &[
    of("date", Day),
    of("platform", Name),
    of("dataset_id", Name),
    of("event_name", Name),
    of("action_source", Name),
    of("channel", Name),
    of("events", Count),
    optional("score", Ratio),
    optional("score_100", Ratio),
    optional("band", Name),
    of("coverage_em", Ratio),
    of("coverage_ph", Ratio),
    of("coverage_fn", Ratio),
    of("coverage_ln", Ratio),
    of("coverage_ge", Ratio),
    of("coverage_db", Ratio),
    of("coverage_ct", Ratio),
    of("coverage_st", Ratio),
    of("coverage_zp", Ratio),
    of("coverage_country", Ratio),
    of("coverage_external_id", Ratio),
    of("coverage_click_id", Ratio),
    of("coverage_browser_id", Ratio),
    of("coverage_client_ip_address", Ratio),
    of("coverage_client_user_agent", Ratio),
    of("coverage_madid", Ratio),
    of("coverage_login_id", Ratio),
    of("coverage_lead_id", Ratio),
    of("coverage_subscription_id", Ratio),
    of("coverage_messaging_id", Ratio),
];
