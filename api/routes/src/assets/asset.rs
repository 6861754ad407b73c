//! Assets in bodies, and the rules on them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stratum_http::answer::{Fault, FaultCode, Refusal};
use stratum_http::rules::{Rules, distinct, sent, set};
use stratum_state::asset::{Asset, AssetKind, NewAsset};
use utoipa::ToSchema;
use uuid::Uuid;

const NAME_CHARS_MAX: usize = 500;
const URL_CHARS_MAX: usize = 2_048;
const FORMAT_CHARS_MAX: usize = 100;
/// A terabyte.
const SIZE_BYTES_MAX: i64 = 1_000_000_000_000;
/// A day.
const DURATION_SECONDS_MAX: f64 = 86_400.0;

/// A creative asset.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssetItem {
    /// The asset's id.
    id: Uuid,
    /// The campaign it is shown in.
    campaign_id: Option<Uuid>,
    /// Name to show.
    name: String,
    /// The kind of asset.
    #[serde(rename = "type")]
    kind: AssetKind,
    /// The address of the asset.
    url: Option<String>,
    /// The file format or the shape, such as `image/png`, `mp4` or `9:16`.
    format: Option<String>,
    /// The size in bytes.
    size_bytes: Option<i64>,
    /// The running time in seconds.
    duration_seconds: Option<f64>,
    /// Words to find it by.
    tags: Vec<String>,
    /// The fatigue of people who saw it, 0 (none) to 100, as it was given; null where it was not.
    fatigue_score: Option<f64>,
    /// The reason why there is no score; null if there is one.
    fatigue_reason: Option<&'static str>,
    /// The first day it was shown.
    first_used: Option<NaiveDate>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl From<Asset> for AssetItem {
    fn from(asset: Asset) -> AssetItem {
        let content = asset.content;
        let unknown = "no score was given, and none can be computed: ad reports name no assets";
        AssetItem {
            id: asset.id,
            campaign_id: content.campaign_id,
            name: content.name,
            kind: content.kind,
            url: content.url,
            format: content.format,
            size_bytes: content.size_bytes,
            duration_seconds: content.duration_ms.map(|ms| ms as f64 / 1000.0),
            tags: content.tags,
            fatigue_score: content.fatigue_score,
            fatigue_reason: content.fatigue_score.is_none().then_some(unknown),
            first_used: content.first_used,
            created_at: asset.created_at,
            updated_at: asset.updated_at,
        }
    }
}

/// An asset to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssetBody {
    /// Name to show, of 1 to 500 characters.
    name: String,
    /// The kind of asset.
    #[serde(rename = "type")]
    kind: AssetKind,
    /// The campaign it is shown in.
    campaign_id: Option<Uuid>,
    /// The address of the asset: `http` or `https`, without a password.
    #[schema(format = "uri")]
    url: Option<String>,
    /// The file format or the shape.
    format: Option<String>,
    /// The size in bytes.
    #[schema(minimum = 0)]
    size_bytes: Option<i64>,
    /// The running time in seconds, at most a day; kept to the millisecond.
    #[schema(minimum = 0, maximum = 86400)]
    duration_seconds: Option<f64>,
    /// Words to find it by.
    tags: Option<Vec<String>>,
    /// The fatigue of people who saw it, 0 to 100, where somebody measured it.
    #[schema(minimum = 0, maximum = 100)]
    fatigue_score: Option<f64>,
    /// The first day it was shown.
    first_used: Option<NaiveDate>,
}

/// The changes to an asset. A field that is not sent stays; null clears what may be absent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssetChange {
    /// Name to show, of 1 to 500 characters.
    name: Option<String>,
    /// The kind of asset.
    #[serde(rename = "type")]
    kind: Option<AssetKind>,
    /// The campaign it is shown in.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<Uuid>)]
    campaign_id: Option<Option<Uuid>>,
    /// The address of the asset.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    url: Option<Option<String>>,
    /// The file format or the shape.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    format: Option<Option<String>>,
    /// The size in bytes.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<i64>)]
    size_bytes: Option<Option<i64>>,
    /// The running time in seconds.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<f64>)]
    duration_seconds: Option<Option<f64>>,
    /// Words to find it by, in place of those that are there.
    tags: Option<Vec<String>>,
    /// The fatigue of people who saw it, 0 to 100.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<f64>)]
    fatigue_score: Option<Option<f64>>,
    /// The first day it was shown.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<NaiveDate>)]
    first_used: Option<Option<NaiveDate>>,
}

/// Milliseconds; those that are out of range become -1, which breaks the rule.
fn millis(seconds: Option<f64>) -> Option<i64> {
    seconds.map(|seconds| match (0.0..=DURATION_SECONDS_MAX).contains(&seconds) {
        true => (seconds * 1000.0).round() as i64,
        false => -1,
    })
}

impl AssetBody {
    /// The asset this says; 422 where it breaks a rule.
    pub fn content(self) -> Result<NewAsset, Refusal> {
        let content = NewAsset {
            campaign_id: self.campaign_id,
            name: self.name.trim().to_owned(),
            kind: self.kind,
            url: self.url,
            format: self.format,
            size_bytes: self.size_bytes,
            duration_ms: millis(self.duration_seconds),
            tags: distinct(self.tags.unwrap_or_default()),
            fatigue_score: self.fatigue_score,
            first_used: self.first_used,
        };
        check(&content).map(|()| content)
    }
}

impl AssetChange {
    /// The campaign that it is put into, where it is.
    pub fn campaign_id(&self) -> Option<Uuid> {
        self.campaign_id.flatten()
    }

    /// The asset once this is done; 422 where it breaks a rule.
    pub fn apply(self, was: &NewAsset) -> Result<NewAsset, Refusal> {
        let mut content = was.clone();
        set(&mut content.name, self.name.map(|name| name.trim().to_owned()));
        set(&mut content.kind, self.kind);
        set(&mut content.campaign_id, self.campaign_id);
        set(&mut content.url, self.url);
        set(&mut content.format, self.format);
        set(&mut content.size_bytes, self.size_bytes);
        set(&mut content.duration_ms, self.duration_seconds.map(millis));
        set(&mut content.tags, self.tags.map(distinct));
        set(&mut content.fatigue_score, self.fatigue_score);
        set(&mut content.first_used, self.first_used);
        check(&content).map(|()| content)
    }
}

fn check(content: &NewAsset) -> Result<(), Refusal> {
    let mut rules = Rules::default();
    rules.text("name", &content.name, NAME_CHARS_MAX);
    rules.maybe_text("format", content.format.as_deref(), FORMAT_CHARS_MAX);
    let url = content.url.as_deref().is_none_or(is_address);
    rules.hold(
        "url",
        url,
        Fault::new(FaultCode::NoUrl, "must be an http or https address without a password in it"),
    );
    let size = content.size_bytes.is_none_or(|bytes| (0..=SIZE_BYTES_MAX).contains(&bytes));
    rules.hold(
        "size_bytes",
        size,
        Fault::range(0, SIZE_BYTES_MAX, format!("must be from 0 to {SIZE_BYTES_MAX}")),
    );
    let duration = content.duration_ms.is_none_or(|ms| ms >= 0);
    rules.hold("duration_seconds", duration, Fault::range(0, 86_400, "must be from 0 to 86400"));
    let score = content.fatigue_score.is_none_or(|score| (0.0..=100.0).contains(&score));
    rules.hold("fatigue_score", score, Fault::range(0, 100, "must be from 0 to 100"));
    rules.texts("tags", &content.tags);
    rules.day("first_used", content.first_used);
    rules.finish()
}

fn is_address(text: &str) -> bool {
    let url = text
        .parse::<reqwest::Url>()
        .ok()
        .filter(|_| text.chars().count() <= URL_CHARS_MAX && !text.contains(char::is_control));
    url.is_some_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some()
            && url.username().is_empty()
            && url.password().is_none()
    })
}

/// The differences, for the audit log. Of the address only that it differs: it may hold a token.
pub fn difference(was: Option<&NewAsset>, content: &NewAsset) -> Value {
    let fields = |content: &NewAsset| {
        json!({
            "campaign_id": content.campaign_id, "name": content.name, "type": content.kind,
            "format": content.format, "size_bytes": content.size_bytes,
            "duration_ms": content.duration_ms, "tags": content.tags,
            "fatigue_score": content.fatigue_score, "first_used": content.first_used,
        })
    };
    let mut new = fields(content);
    let old = was.map_or(Value::Null, fields);
    if let Value::Object(new) = &mut new {
        new.retain(|field, value| old.get(field).unwrap_or(&Value::Null) != value);
        if was.is_some_and(|was| was.url != content.url) {
            new.insert("url".into(), json!("changed"));
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(body: Value) -> Result<NewAsset, Refusal> {
        serde_json::from_value::<AssetBody>(body).unwrap().content()
    }

    #[test]
    fn every_rule_on_an_asset_is_named() {
        let asset = json!({
            "name": "Spring", "type": "video", "url": "https://cdn.example/a.mp4",
            "duration_seconds": 15.0404, "fatigue_score": 0,
        });
        let made_well = made(asset).unwrap();
        assert_eq!((made_well.duration_ms, made_well.fatigue_score), (Some(15_040), Some(0.0)));
        let wrong = json!({
            "name": " ", "type": "image", "url": "javascript:alert(1)", "size_bytes": -1,
            "duration_seconds": 1e9, "fatigue_score": 100.5, "tags": [""], "first_used": "0001-01-01",
        });
        let refusal = made(wrong).unwrap_err();
        let fields: Vec<_> = refusal.details().iter().map(|one| one.field.as_str()).collect();
        let all = [
            "name",
            "url",
            "size_bytes",
            "duration_seconds",
            "fatigue_score",
            "tags",
            "first_used",
        ];
        assert_eq!(fields, all);
        for url in ["https://ana:pw@cdn.example/", "ftp://cdn.example/", "cdn.example", "https://"]
        {
            assert!(!is_address(url), "{url}");
        }
    }

    #[test]
    fn a_change_leaves_what_is_not_sent() {
        let was =
            made(json!({"name": "a", "type": "image", "format": "png", "tags": ["x"]})).unwrap();
        let change: AssetChange =
            serde_json::from_value(json!({"format": null, "fatigue_score": 7})).unwrap();
        let new = change.apply(&was).unwrap();
        assert_eq!((new.format.as_deref(), new.tags.len()), (None, 1));
        let told = json!({"format": null, "fatigue_score": 7.0});
        assert_eq!(difference(Some(&was), &new), told);
    }
}
