//! Campaigns' days broken down by ad, by country and by class of device. A little of each day is in no
//! part: platforms cannot tell everything.

use super::json::Json;
use super::report::{PlantedReport, ReportRequest, write_fields};

/// Ad set, ad, and its share in thousandths.
const ADS: [(&str, &str, i64); 3] = [
    ("Prospecting", "Video", 460),
    ("Prospecting", "Carousel", 310),
    ("Retargeting", "Offer", 210),
];
const COUNTRIES: [(&str, i64); 4] = [("DE", 480), ("FR", 270), ("ES", 150), ("EG", 80)];
const DEVICES: [(&str, i64); 4] =
    [("mobile", 640), ("desktop", 240), ("tablet", 80), ("connected_tv", 20)];

/// The parts of these reports, as the body of a request to `POST /api/v1/ad-reports`.
pub fn report_parts(request: &ReportRequest) -> Vec<u8> {
    let parts = ADS.len() + COUNTRIES.len() + DEVICES.len();
    let mut json = Json::with_capacity(2 + request.rows.len() * parts * 360, false);
    json.raw("[");
    for row in &request.rows {
        for (set, ad, share) in ADS {
            write(&mut json, row, share, |json| {
                json.key("ad_set_id").text(&format!("{}-{set}", row.campaign_id));
                json.key("ad_set_name").text(set);
                json.key("ad_id").text(&format!("{}-{set}-{ad}", row.campaign_id));
                json.key("ad_name").text(ad);
            });
        }
        for (country, share) in COUNTRIES {
            write(&mut json, row, share, |json| {
                json.key("country").text(country);
            });
        }
        for (device, share) in DEVICES {
            write(&mut json, row, share, |json| {
                json.key("device").text(device);
            });
        }
    }
    json.raw("]");
    json.finish()
}

fn write(json: &mut Json, row: &PlantedReport, share: i64, part: impl FnOnce(&mut Json)) {
    json.element().raw("{");
    write_fields(json, &part_of(row, share));
    part(json);
    json.raw("}");
}

/// So many thousandths of a day.
fn part_of(row: &PlantedReport, share: i64) -> PlantedReport {
    let of = |whole: i64| whole / 1000 * share + whole % 1000 * share / 1000;
    PlantedReport {
        spend_micros: of(row.spend_micros),
        impressions: of(row.impressions),
        clicks: of(row.clicks),
        conversions_micros: of(row.conversions_micros),
        revenue_micros: of(row.revenue_micros),
        ..row.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_each_kind_are_almost_the_whole() {
        let ads: i64 = ADS.iter().map(|(.., share)| share).sum();
        let countries: i64 = COUNTRIES.iter().map(|(_, share)| share).sum();
        let devices: i64 = DEVICES.iter().map(|(_, share)| share).sum();
        for sum in [ads, countries, devices] {
            assert!((950..1000).contains(&sum), "{sum}");
        }
    }
}
