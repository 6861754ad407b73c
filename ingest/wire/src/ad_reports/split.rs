//! Which part of a campaign's day a row tells of.

use stratum_models::ad_report::{AdDevice, CountryCode, Split};
use stratum_models::rejection::RejectReason;

use super::judge::Check;
use super::rows::Column;
use crate::normalize::country_code;

/// The part; `Some(None)` is the whole day, `None` only beside a fault.
pub(super) fn of_row(check: &mut Check<'_, '_>) -> Option<Option<Split>> {
    const MESSAGE: &str = "break a report down by one thing at a time: by ad set or ad, by country, \
        or by device";
    let given = |check: &Check<'_, '_>, columns: &[Column]| {
        columns
            .iter()
            .any(|column| check.row.cell(*column).is_some() || check.row.is_wrong(*column))
    };
    let ads = given(check, &[Column::AdSetId, Column::AdSetName, Column::AdId, Column::AdName]);
    let (country, device) = (given(check, &[Column::Country]), given(check, &[Column::Device]));
    match (ads, country, device) {
        (false, false, false) => Some(None),
        (true, false, false) => ad_or_set(check).map(Some),
        (false, true, false) => self::country(check).map(Some),
        (false, false, true) => self::device(check).map(Some),
        _ => check.refuse(RejectReason::InvalidValue, MESSAGE),
    }
}

/// A name without its id would pass for the campaign's whole day.
fn ad_or_set(check: &mut Check<'_, '_>) -> Option<Split> {
    let ad =
        [Column::AdId, Column::AdName].map(|column| check.optional(column).flatten().is_some());
    let ad_set_name = check.name(Column::AdSetName);
    if ad == [false, false] {
        return Some(Split::AdSet { id: check.id(Column::AdSetId)?, name: ad_set_name? });
    }
    let ad_set_id = match check.optional(Column::AdSetId)? {
        Some(_) => check.id(Column::AdSetId),
        None => Some(String::new()),
    };
    let (id, name) = (check.id(Column::AdId), check.name(Column::AdName));
    Some(Split::Ad { ad_set_id: ad_set_id?, ad_set_name: ad_set_name?, id: id?, name: name? })
}

fn country(check: &mut Check<'_, '_>) -> Option<Split> {
    const EXPECTED: &str = "must be a country: its ISO 3166 code or English name";
    let text = check.optional(Column::Country)??;
    match country_code(text).and_then(CountryCode::parse) {
        Some(country) => Some(Split::Country(country)),
        None => check.fault(RejectReason::InvalidValue, Column::Country, EXPECTED),
    }
}

fn device(check: &mut Check<'_, '_>) -> Option<Split> {
    const EXPECTED: &str = "must be one of desktop, mobile, tablet, connected_tv, other";
    let text = check.optional(Column::Device)??;
    match ad_device(text) {
        Some(device) => Some(Split::Device(device)),
        None => check.fault(RejectReason::InvalidValue, Column::Device, EXPECTED),
    }
}

/// A class of device by the names platforms give it.
pub fn ad_device(text: &str) -> Option<AdDevice> {
    const NAMES: [(&str, AdDevice); 33] = [
        ("desktop", AdDevice::Desktop),
        ("computers", AdDevice::Desktop),
        ("computer", AdDevice::Desktop),
        ("pc", AdDevice::Desktop),
        ("web", AdDevice::Desktop),
        ("mobile", AdDevice::Mobile),
        ("mobile phones", AdDevice::Mobile),
        ("mobile devices with full browsers", AdDevice::Mobile),
        ("mobile app", AdDevice::Mobile),
        ("mobile web", AdDevice::Mobile),
        ("phone", AdDevice::Mobile),
        ("iphone", AdDevice::Mobile),
        ("ipod", AdDevice::Mobile),
        ("ios", AdDevice::Mobile),
        ("android", AdDevice::Mobile),
        ("android smartphone", AdDevice::Mobile),
        ("smartphone", AdDevice::Mobile),
        ("tablet", AdDevice::Tablet),
        ("tablets", AdDevice::Tablet),
        ("tablets with full browsers", AdDevice::Tablet),
        ("ipad", AdDevice::Tablet),
        ("android tablet", AdDevice::Tablet),
        ("connected tv", AdDevice::ConnectedTv),
        ("tv", AdDevice::ConnectedTv),
        ("tv screens", AdDevice::ConnectedTv),
        ("other", AdDevice::Other),
        ("others", AdDevice::Other),
        ("unknown", AdDevice::Other),
        ("undetermined", AdDevice::Other),
        ("uncategorized", AdDevice::Other),
        ("unspecified", AdDevice::Other),
        ("not set", AdDevice::Other),
        ("(not set)", AdDevice::Other),
    ];
    let plain = text.trim().replace(['_', '-'], " ");
    NAMES.iter().find(|(name, _)| plain.eq_ignore_ascii_case(name)).map(|(_, device)| *device)
}
