//! The one shape of answers and refusals.
//!
//! A handler returns [`Answer`] or a [`Refusal`]. A refusal travels as an extension of an empty
//! response; [`render`] gives it its body, because only there is the request's id known. What axum
//! refuses by itself (no such route, wrong method, too large) is rendered the same way.

mod fault;
mod refusal_code;
mod request_id;

use std::borrow::Cow;

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use stratum_models::entropy::Ids;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_state::limit::OverLimit;
use stratum_state::page::Pagination;
use utoipa::ToSchema;

pub use self::fault::{Detail, Fault, FaultCode};
pub use self::refusal_code::RefusalCode;
pub use self::request_id::RequestId;

/// Answered requests by route pattern, method and status class.
const REQUESTS: &str = "stratum_api_requests_total";
/// Seconds from a request's head to its answer's head, by route pattern.
const REQUEST_SECONDS: &str = "stratum_api_request_seconds";

/// A successful answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Answer<T> {
    /// Always true.
    pub success: bool,
    /// The data that was asked for.
    pub data: T,
    /// Which part of a list `data` is; absent where it is no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pagination: Option<Pagination>,
    #[serde(skip)]
    status: StatusCode,
}

impl<T> Answer<T> {
    /// Wraps what was asked for.
    pub fn of(data: T) -> Answer<T> {
        Answer::with(StatusCode::OK, data)
    }

    /// 201, with what was made.
    pub fn created(data: T) -> Answer<T> {
        Answer::with(StatusCode::CREATED, data)
    }

    /// Of another status.
    pub fn with(status: StatusCode, data: T) -> Answer<T> {
        Answer { success: true, data, pagination: None, status }
    }
}

impl<T> Answer<Vec<T>> {
    /// One page of a list: `Answer::page(rows, page.of(total))`.
    pub fn page<R: Into<T>>(
        rows: impl IntoIterator<Item = R>,
        pagination: Pagination,
    ) -> Answer<Vec<T>> {
        let data = rows.into_iter().map(Into::into).collect();
        Answer { pagination: Some(pagination), ..Answer::of(data) }
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        (self.status, [(header::CACHE_CONTROL, "no-store")], Json(self)).into_response()
    }
}

/// The result of a handler.
pub type Answered<T> = Result<Answer<T>, Refusal>;

/// The body of a refusal.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusalBody {
    /// Always false.
    pub success: bool,
    /// The code of the refusal. It does not change.
    pub error: RefusalCode,
    /// The message: what happened and what to do about it.
    pub message: String,
    /// The fields at fault, each with its fault.
    pub details: Vec<Detail>,
    /// The id of this request, also in the `x-request-id` header of the answer and in the log. One that the
    /// client sent in that header is noted beside it.
    pub request_id: String,
}

/// Why a request is not answered.
#[derive(Clone, Debug)]
pub struct Refusal {
    status: StatusCode,
    message: Cow<'static, str>,
    details: Vec<Detail>,
    retry_after_s: Option<u32>,
    /// Not logged one by one: there may be thousands a second.
    quiet: bool,
}

impl Refusal {
    /// A refusal of this status with the status's own code.
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Refusal {
        let message = message.into();
        Refusal { status, message, details: Vec::new(), retry_after_s: None, quiet: false }
    }

    /// 400: the request cannot be read.
    pub fn malformed(message: impl Into<Cow<'static, str>>, details: Vec<Detail>) -> Refusal {
        Refusal { details, ..Refusal::new(StatusCode::BAD_REQUEST, message) }
    }

    /// 422: the request can be read and breaks a rule.
    pub fn unprocessable(field: &str, fault: impl Into<Fault>) -> Refusal {
        Refusal::of_fault(StatusCode::UNPROCESSABLE_ENTITY, field, fault.into())
    }

    fn of_fault(status: StatusCode, field: &str, fault: Fault) -> Refusal {
        let message = fault.message().to_owned();
        Refusal { details: vec![Detail::of(field, fault)], ..Refusal::new(status, message) }
    }

    /// 422 with every rule that is broken.
    pub fn broken(details: Vec<Detail>) -> Refusal {
        let message = details.first().map_or_else(String::new, |first| {
            if first.field.is_empty() {
                return first.message.clone();
            }
            format!("{}: {}", first.field, first.message)
        });
        Refusal { details, ..Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, message) }
    }

    /// 409, in words.
    pub fn conflict(fault: impl Into<Fault>) -> Refusal {
        Refusal::of_fault(StatusCode::CONFLICT, "", fault.into())
    }

    /// 401.
    pub fn unauthorized(fault: impl Into<Fault>) -> Refusal {
        Refusal::of_fault(StatusCode::UNAUTHORIZED, "", fault.into())
    }

    /// 404: there is no such thing, or it is another tenant's.
    pub fn not_found(what: &'static str) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, format!("{what} not found"))
    }

    /// 408: the body came below the least rate.
    pub fn too_slow() -> Refusal {
        Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body came too slowly; send it again")
    }

    /// 503: may work if tried again.
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Refusal {
        let refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message);
        Refusal { retry_after_s: Some(1), ..refusal }
    }

    /// 503: more is asked than can be answered.
    pub fn overloaded() -> Refusal {
        let refusal = Refusal::unavailable("too many requests are being processed; try again");
        Refusal { quiet: true, ..refusal }
    }

    /// 429.
    pub fn busy(message: &'static str) -> Refusal {
        let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, message);
        Refusal { retry_after_s: Some(1), ..refusal }
    }

    /// 429: it came too often; it may be tried again after this long.
    pub fn rate_limited(wait: std::time::Duration) -> Refusal {
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        Refusal::busy("too many requests; try again later")
            .after(u32::try_from(seconds).unwrap_or(u32::MAX))
    }

    /// The same, to be tried again after so many seconds.
    pub fn after(self, seconds: u32) -> Refusal {
        Refusal { retry_after_s: Some(seconds), ..self }
    }

    /// 500, without internals.
    pub fn internal() -> Refusal {
        Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "something went wrong on our side; the request id finds it in the log",
        )
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The fields at fault, each with its fault.
    pub fn details(&self) -> &[Detail] {
        &self.details
    }

    /// The refusal that a bare status stands for, in our words.
    pub fn of_status(status: StatusCode) -> Refusal {
        let message = match status {
            StatusCode::NOT_FOUND => "no such route; /docs lists them",
            StatusCode::METHOD_NOT_ALLOWED => "this route does not take this method",
            StatusCode::PAYLOAD_TOO_LARGE => "the body is too large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "the content type is not taken here",
            status if status.is_server_error() => return Refusal::internal(),
            _ => "the request cannot be read",
        };
        Refusal::new(status, message)
    }

    fn code(&self) -> RefusalCode {
        match self.status.as_u16() {
            401 => RefusalCode::Unauthorized,
            403 => RefusalCode::Forbidden,
            404 => RefusalCode::NotFound,
            405 => RefusalCode::MethodNotAllowed,
            409 => RefusalCode::Conflict,
            413 => RefusalCode::PayloadTooLarge,
            415 => RefusalCode::UnsupportedMediaType,
            422 => RefusalCode::UnprocessableEntity,
            429 => RefusalCode::RateLimited,
            503 => RefusalCode::Unavailable,
            400..500 => RefusalCode::ValidationError,
            _ => RefusalCode::InternalError,
        }
    }

    fn body(self, request_id: &str) -> Response {
        let body = RefusalBody {
            success: false,
            error: self.code(),
            message: self.message.into_owned(),
            details: self.details,
            request_id: request_id.to_owned(),
        };
        let mut response =
            (self.status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        match error.kind {
            StoreErrorKind::Conflict => {
                Refusal::conflict(Fault::new(FaultCode::Exists, "it already exists"))
            }
            StoreErrorKind::Invalid => {
                tracing::error!(error = %error, store = error.store, "store refused");
                Refusal::internal()
            }
            StoreErrorKind::TooLarge => Refusal::unprocessable(
                "",
                "the answer takes more than one answer may; request fewer days, or add a filter",
            ),
            StoreErrorKind::Busy => Refusal::busy(
                "too many requests of your organisation are being processed; try again",
            ),
            StoreErrorKind::Transient => {
                tracing::warn!(error = %error, store = error.store, "store did not answer");
                let store = error.store;
                Refusal::unavailable(format!(
                    "the {store} store did not answer in time; try again, or ask for less"
                ))
            }
            StoreErrorKind::Unavailable => {
                tracing::warn!(error = %error, store = error.store, "store does not answer");
                let store = error.store;
                Refusal::unavailable(format!("the {store} store does not answer; try again"))
            }
        }
    }
}

impl From<OverLimit> for Refusal {
    fn from(over: OverLimit) -> Refusal {
        let fault = Fault::above(FaultCode::LimitReached, over.most, over.to_string());
        Refusal::unprocessable("", fault)
    }
}

/// Answers every route that does not exist.
pub async fn no_such_route() -> Refusal {
    Refusal::of_status(StatusCode::NOT_FOUND)
}

/// Answers a known route called with a method it does not take.
pub async fn no_such_method() -> Refusal {
    Refusal::of_status(StatusCode::METHOD_NOT_ALLOWED)
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives every request its id, every refusal its body, and counts both.
pub async fn render(State(ids): State<Ids>, mut request: Request, next: Next) -> Response {
    let id = ids.next().to_string();
    let clients = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok());
    let written = RequestId::new(&id, clients);
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "none".to_owned());
    let method = known_method(request.method());
    request.extensions_mut().insert(written.clone());
    let ours = HeaderValue::from_str(&id).ok();
    // For what answers with an id of its own.
    if let Some(ours) = ours.clone() {
        request.headers_mut().insert(REQUEST_ID, ours);
    }
    let began = tokio::time::Instant::now();
    let mut response = next.run(request).await;
    if let Some(refusal) = refusal_of(&mut response) {
        if refusal.status.is_server_error() && !refusal.quiet {
            tracing::warn!(request.id = %written.0, http.route = %route, status = refusal.status.as_u16(), "refused");
        }
        let said = std::mem::take(response.headers_mut());
        response = refusal.body(&id);
        keep(&said, response.headers_mut());
    }
    if let Some(ours) = ours {
        response.headers_mut().insert(REQUEST_ID, ours);
    }
    let class = ["1xx", "2xx", "3xx", "4xx", "5xx"]
        [usize::from(response.status().as_u16() / 100).clamp(1, 5) - 1];
    metrics::counter!(REQUESTS, "route" => route.clone(), "method" => method, "status" => class)
        .increment(1);
    metrics::histogram!(REQUEST_SECONDS, "route" => route).record(began.elapsed().as_secs_f64());
    response
}

/// Keeps the headers that layers wrote beside the body: which methods are taken, which origins may read.
fn keep(said: &HeaderMap, headers: &mut HeaderMap) {
    for (name, value) in said {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            headers.entry(name).or_insert_with(|| value.clone());
        }
    }
}

/// The refusal a response stands for: our own, or axum's plain text.
fn refusal_of(response: &mut Response) -> Option<Refusal> {
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        return Some(refusal);
    }
    let status = response.status();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let is_plain = content_type.is_none_or(|value| value.as_bytes().starts_with(b"text/plain"));
    let is_refusal = status.is_client_error() || status.is_server_error();
    (is_refusal && is_plain).then(|| Refusal::of_status(status))
}

/// Methods are labels of a measurement: those a client makes up count as one.
fn known_method(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_refuses_is_told_in_what_may_be_done_about_it() {
        let refusal = |kind| Refusal::from(StoreError::new(kind, "warehouse", "internals"));
        for (kind, status, again) in [
            (StoreErrorKind::Conflict, 409, None),
            (StoreErrorKind::Invalid, 500, None),
            (StoreErrorKind::TooLarge, 422, None),
            (StoreErrorKind::Busy, 429, Some(1)),
            (StoreErrorKind::Transient, 503, Some(1)),
            (StoreErrorKind::Unavailable, 503, Some(1)),
        ] {
            let refusal = refusal(kind);
            assert_eq!((refusal.status.as_u16(), refusal.retry_after_s), (status, again), "{kind}");
            assert!(!refusal.message.contains("internals"), "{kind}");
        }
    }
}
