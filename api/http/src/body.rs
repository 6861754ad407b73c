//! Reading JSON bodies. What the parser says may quote the body, and with it somebody's password:
//! only the place and what is wanted there are told.

use std::borrow::Cow;
use std::fmt::Write as _;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::answer::{Fault, FaultCode, Refusal};
use crate::edge::pace::TooSlow;

/// A JSON body. 415 for another content type, 413 for one over the bound, 400 for one that is no
/// JSON, 422 with the path of the field for a value of the wrong type, a field that is missing or one
/// that is not known.
#[derive(Clone, Copy, Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Refusal::new(status, "send the body as application/json"));
        }
        let bytes =
            Bytes::from_request(request, state).await.map_err(|error| match error.status() {
                StatusCode::PAYLOAD_TOO_LARGE => {
                    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large")
                }
                _ if TooSlow::caused(&error) => Refusal::too_slow(),
                _ => Refusal::malformed("the body ended early", Vec::new()),
            })?;
        parse(&bytes).map(Body)
    }
}

/// Reads the text of a JSON body.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut json);
    let value = read.map_err(|error| refusal(error.path(), error.inner()))?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn is_json(headers: &HeaderMap) -> bool {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = sent.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence == "application/json"
        || essence.starts_with("application/") && essence.ends_with("+json")
}

fn malformed(error: &serde_json::Error) -> Refusal {
    let (line, column) = (error.line(), error.column());
    Refusal::malformed(
        format!("the body is not valid JSON at line {line} column {column}"),
        Vec::new(),
    )
}

fn refusal(path: &Path, error: &serde_json::Error) -> Refusal {
    if !error.is_data() {
        return malformed(error);
    }
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    let mut field = shown(path);
    if let Some(name) = text.strip_prefix("missing field ") {
        append(&mut field, name.trim_matches('`'));
    }
    let subject = if field.is_empty() { "the body" } else { &field };
    let (code, message) = fault(text);
    Refusal::unprocessable(&field, Fault::new(code, format!("{subject} {message}")))
}

/// The fault, in our words: the parser's own hold the value.
fn fault(text: &str) -> (FaultCode, Cow<'static, str>) {
    let wanted = text.rsplit_once(", expected ").map(|(_, wanted)| wanted);
    match (text.split([' ', ':']).next(), wanted) {
        (Some("missing"), _) => (FaultCode::Missing, "is required".into()),
        (Some("duplicate"), _) => (FaultCode::Twice, "is there twice".into()),
        (Some("unknown"), _) if text.starts_with("unknown field") => {
            (FaultCode::UnknownField, "is not known here".into())
        }
        (Some("unknown" | "invalid"), Some(wanted)) => {
            (FaultCode::WrongForm, format!("must be {}", plain(wanted)).into())
        }
        _ => (FaultCode::WrongForm, "has the wrong form".into()),
    }
}

/// Rust's word for what is wanted in the words of JSON.
fn plain(wanted: &str) -> &str {
    match wanted {
        "a string" | "str" | "string" | "a borrowed string" => "a text",
        "a boolean" | "bool" => "true or false",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "an object",
        wanted if wanted.starts_with("struct ") => "an object",
        wanted if wanted.starts_with("a nonzero ") => "a whole number other than 0",
        wanted if is_integer(wanted) => "a whole number in its range",
        wanted => wanted,
    }
}

fn is_integer(wanted: &str) -> bool {
    let digits = wanted.strip_prefix(['u', 'i']).unwrap_or_default();
    matches!(digits, "8" | "16" | "32" | "64" | "128" | "size")
}

fn shown(path: &Path) -> String {
    let mut field = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                // Writing into a text cannot fail.
                let _ = write!(field, "[{index}]");
            }
            Segment::Map { key } | Segment::Enum { variant: key } => append(&mut field, key),
            Segment::Unknown => {}
        }
    }
    field
}

/// A name as the client wrote it is shown only where it reads like one of a field.
fn append(field: &mut String, name: &str) {
    const NAME_CHARS_MAX: usize = 48;
    let is_plain = name.len() <= NAME_CHARS_MAX
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !field.is_empty() {
        field.push('.');
    }
    field.push_str(if is_plain { name } else { "?" });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::body::Body as HttpBody;
    use axum::extract::DefaultBodyLimit;
    use axum::routing::post;
    use axum::{Json, Router};
    use serde::Deserialize;
    use tower::ServiceExt as _;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only their types are read")]
    struct Order {
        name: String,
        count: u8,
        kind: Kind,
        lines: Vec<Line>,
        limits: Option<BTreeMap<String, f64>>,
        id: Option<uuid::Uuid>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Small,
        Large,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its type is read")]
    struct Line {
        paid: bool,
    }

    fn order(change: &str) -> String {
        let mut order = serde_json::json!({"name": "n", "count": 1, "kind": "small", "lines": []});
        let change: serde_json::Value = serde_json::from_str(change).unwrap();
        order.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        order.to_string()
    }

    fn refused(body: &str) -> (u16, String, String) {
        let refusal = parse::<Order>(body.as_bytes()).unwrap_err();
        let field = refusal.details().first().map(|detail| detail.field.clone());
        (refusal.status().as_u16(), field.unwrap_or_default(), refusal.message().to_owned())
    }

    #[test]
    fn a_fault_names_its_field_and_what_is_wanted_there() {
        let cases = [
            (r#"{"count": "many"}"#, "count", "count must be a whole number in its range"),
            (r#"{"count": 256}"#, "count", "count must be a whole number in its range"),
            (r#"{"name": 5}"#, "name", "name must be a text"),
            (r#"{"kind": "huge"}"#, "kind", "kind must be `small` or `large`"),
            (r#"{"lines": {}}"#, "lines", "lines must be a list"),
            (r#"{"lines": [{"paid": true}, {}]}"#, "lines[1].paid", "lines[1].paid is required"),
            (r#"{"lines": [{"paid": 1}]}"#, "lines[0].paid", "lines[0].paid must be true or false"),
            (r#"{"limits": {"meta": "x"}}"#, "limits.meta", "limits.meta must be a number"),
            (r#"{"colour": 1}"#, "colour", "colour is not known here"),
            (r#"{"id": "x"}"#, "id", "id has the wrong form"),
        ];
        for (change, field, message) in cases {
            assert_eq!(refused(&order(change)), (422, field.to_owned(), message.to_owned()));
        }
        assert_eq!(refused(r#"{"name": "n"}"#).2, "count is required");
        assert_eq!(refused("[1]").0, 422);
        assert!(parse::<Order>(order("{}").as_bytes()).is_ok());
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        for body in ["", "{", "nonsense", r#"{"name": }"#, "\u{feff}{}", "{\"name\": \"\u{1}\"}"] {
            assert_eq!(refused(body).0, 400, "{body:?}");
        }
        assert_eq!(refused(&(order("{}") + "x")).0, 400);
        assert_eq!(refused(&"[".repeat(10_000)).0, 422, "no list is wanted, however deep");
    }

    #[test]
    fn no_error_quotes_the_body() {
        let secrets = [
            r#"{"count": "hunter2"}"#,
            r#"{"kind": "hunter2"}"#,
            r#"{"id": "hunter2"}"#,
            r#"{"name": ["hunter2"]}"#,
            r#"{"hunter2@example.com": 1}"#,
            r#"{"limits": {"+49 hunter2": "x"}}"#,
            r#"{"count": "hunter2, expected hunter2"}"#,
        ];
        for change in secrets {
            let (status, field, message) = refused(&order(change));
            assert_eq!(status, 422);
            assert!(!field.contains("hunter2") && !message.contains("hunter2"), "{message}");
        }
    }

    async fn send(content_type: Option<&str>, body: &str) -> u16 {
        let route = post(|Body(text): Body<String>| async { Json(text) });
        let app = Router::new().route("/", route).layer(DefaultBodyLimit::max(16));
        let mut request = Request::post("/");
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let request = request.body(HttpBody::from(body.to_owned())).unwrap();
        app.oneshot(request).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn the_content_type_and_the_length_are_checked_first() {
        for json in ["application/json", "Application/JSON; charset=utf-8", "application/a+json"] {
            assert_eq!(send(Some(json), r#""x""#).await, 200, "{json}");
        }
        for other in [None, Some("text/plain"), Some("application/jsonp"), Some("text/a+json")] {
            assert_eq!(send(other, r#""x""#).await, 415, "{other:?}");
        }
        assert_eq!(send(Some("application/json"), &format!("\"{}\"", "x".repeat(15))).await, 413);
    }
}
