//! From a line of JSON to a record. What a line leaves out has the default that is written here.

use bytes::Bytes;
use chrono::DateTime;
use serde_json::Value;
use stratum_models::ad_report::{AdReport, AdReportSplit, CountryCode, Split};
use stratum_models::dialect::Dialect;
use stratum_models::id::TenantId;
use stratum_models::identifier::{IdentifierKey, InvalidIdentifier, InvalidReason};
use stratum_models::log::{NewRecord, PartitionId, Topic};
use stratum_models::money::{Currency, parse_micros};
use stratum_models::platform::{ActionSource, Channel, Device, Platform};
use stratum_models::rejection::{RejectReason, Rejection, RowKind};
use stratum_models::time::{Day, UnixMillis};

use crate::load::{Event, event_record, rejection_record, report_record, split_record};

/// `{"partition": 0, "events" | "ad_reports" | "splits" | "rejections" | "bytes": …, "topic"?: …}`.
pub fn record(line: &str) -> NewRecord {
    let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let partition = PartitionId(line["partition"].as_u64().unwrap_or(0) as u32);
    let rows = |name: &str| line[name].as_array().map(Vec::as_slice);
    let (topic, bytes) = if let Some(rows) = rows("events") {
        (Topic::Events, event_record(&rows.iter().map(event).collect::<Vec<_>>()))
    } else if let Some(rows) = rows("ad_reports") {
        (Topic::AdReports, report_record(&rows.iter().map(report).collect::<Vec<_>>()))
    } else if let Some(rows) = rows("splits") {
        (Topic::AdReports, split_record(&rows.iter().map(split).collect::<Vec<_>>()))
    } else if let Some(rows) = rows("rejections") {
        (Topic::Events, rejection_record(&rows.iter().map(rejection).collect::<Vec<_>>()))
    } else {
        (Topic::Events, Bytes::from(text(&line, "bytes", "").into_bytes()))
    };
    NewRecord { topic: coded(&line, "topic", topic), partition, bytes }
}

fn text(row: &Value, name: &str, default: &str) -> String {
    row[name].as_str().unwrap_or(default).to_owned()
}

fn coded<T: std::str::FromStr<Err = String>>(row: &Value, name: &str, default: T) -> T {
    row[name].as_str().map_or(default, |text| text.parse().unwrap())
}

fn instant(row: &Value, name: &str, default: &str) -> UnixMillis {
    let text = text(row, name, default);
    let instant = DateTime::parse_from_rfc3339(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    UnixMillis(instant.timestamp_millis())
}

fn micros(row: &Value, name: &str) -> Option<i64> {
    row[name].as_str().map(|amount| parse_micros(amount).unwrap())
}

fn names(row: &Value, name: &str) -> Vec<String> {
    let names = row[name].as_array().into_iter().flatten();
    names.map(|name| name.as_str().unwrap().to_owned()).collect()
}

fn invalid(name: &str) -> InvalidIdentifier {
    let (key, reason) = name.split_once(':').unwrap();
    InvalidIdentifier {
        key: IdentifierKey::parse(key).unwrap(),
        reason: InvalidReason::parse(reason).unwrap(),
    }
}

fn event(row: &Value) -> Event {
    let received = "2026-03-02T10:00:01Z";
    let valid = names(row, "valid");
    Event {
        tenant: row["tenant"].as_u64().unwrap_or(1),
        platform: platform(row),
        dataset: text(row, "dataset", "d1"),
        name: text(row, "name", "Purchase"),
        id: row["id"].as_str().map(str::to_owned),
        event_time: instant(row, "time", "2026-03-02T10:00:00Z"),
        received_at: instant(row, "received", received),
        value_micros: micros(row, "value"),
        currency: row["currency"].as_str().map(|code| code.parse::<Currency>().unwrap()),
        campaign: text(row, "campaign", ""),
        source: coded(row, "source", ActionSource::Website),
        channel: coded(row, "channel", Channel::Server),
        valid: valid.iter().map(|key| IdentifierKey::parse(key).unwrap()).collect(),
        invalid: names(row, "invalid").iter().map(|name| invalid(name)).collect(),
        test: row["test"].as_bool().unwrap_or(false),
        country: match row["country"].as_str() {
            Some("DE") => Some("DE"),
            Some("FR") => Some("FR"),
            _ => None,
        },
        device: coded(row, "device", Device::Mobile),
    }
}

fn report(row: &Value) -> AdReport {
    AdReport {
        tenant_id: TenantId(row["tenant"].as_u64().unwrap_or(1)),
        platform: coded(row, "platform", Platform::Meta),
        account_id: text(row, "account", "a1"),
        campaign_id: text(row, "campaign", "c1"),
        campaign_name: text(row, "campaign_name", "Spring"),
        date: Day(text(row, "date", "2026-03-01").parse().unwrap()),
        currency: row["currency"].as_str().map_or(Currency::EUR, |code| code.parse().unwrap()),
        spend_micros: micros(row, "spend").unwrap_or(0),
        impressions: row["impressions"].as_i64().unwrap_or(0),
        clicks: row["clicks"].as_i64().unwrap_or(0),
        conversions_micros: micros(row, "conversions").unwrap_or(0),
        revenue_micros: micros(row, "revenue").unwrap_or(0),
        version: row["version"].as_u64().unwrap_or(1),
        received_at: instant(row, "received", "2026-03-02T06:00:00Z"),
    }
}

fn split(row: &Value) -> AdReportSplit {
    let id = |name: &str| row[name].as_str().map(str::to_owned);
    let (ad_set_id, ad_set_name) = (text(row, "ad_set", ""), text(row, "ad_set_name", ""));
    let split = if let Some(id) = id("ad") {
        Split::Ad { ad_set_id, ad_set_name, id, name: text(row, "ad_name", "") }
    } else if let Some(country) = id("country") {
        Split::Country(CountryCode::parse(&country).unwrap())
    } else if let Some(device) = id("device") {
        Split::Device(device.parse().unwrap())
    } else {
        Split::AdSet { id: ad_set_id, name: ad_set_name }
    };
    AdReportSplit { report: report(row), split }
}

fn platform(row: &Value) -> Option<Platform> {
    match row["platform"].as_str() {
        Some("unknown") => None,
        _ => Some(coded(row, "platform", Platform::Meta)),
    }
}

fn rejection(row: &Value) -> Rejection {
    let kind = coded(row, "kind", RowKind::Event);
    Rejection {
        tenant_id: TenantId(row["tenant"].as_u64().unwrap_or(1)),
        dialect: (kind != RowKind::AdReport).then_some(Dialect::Meta),
        platform: platform(row),
        dataset_id: text(row, "dataset", "d1"),
        kind,
        event_name: text(row, "name", ""),
        reason: coded(row, "reason", RejectReason::MissingField),
        field: text(row, "field", ""),
        rows: row["rows"].as_u64().unwrap_or(1),
        received_at: instant(row, "received", "2026-03-02T10:00:01Z"),
    }
}
