//! `GET /events/stream`

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt as _};
use stratum_http::answer::{Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::live::event::UpdateEvent;
use stratum_http::live::{Signal, Since, UpdateId, Watch};

use super::App;
use super::long_body::end_of;

/// A client that lost its stream comes back after this long.
const COME_BACK: Duration = Duration::from_secs(1);
/// Proxies that would gather the stream are told not to.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// Streams changes as they happen.
///
/// Server-sent events of the caller's tenant, within a second of the change. Their types are `metric_update`,
/// `emq_update`, `fix_run`, `rule_triggered`, `export_done`, `ingest_rejects` and `resource_update` (something that users
/// keep was created, changed or deleted); their data is a JSON object that says what to request again; it contains no
/// figures. Each event is sent at least once. Send the id of the last event as `Last-Event-ID` to continue after it.
/// `resync` means that events may have been missed, because too much happened since that id or the client read too
/// slowly: request everything again. A comment every 15 s shows that the connection works. The stream ends with the
/// token or its session.
///
/// Send the token in the `Authorization` header, because URLs end up in logs. A browser's `EventSource` cannot send
/// headers; read the body of a `fetch` instead.
#[utoipa::path(
    get, path = "/api/v1/events/stream", tag = "live", security(("bearer" = [])),
    params(("Last-Event-ID" = Option<String>, Header, description = "the id of the last event that was seen")),
    responses(
        (status = 200, body = UpdateEvent, content_type = "text/event-stream", description = "the stream; the data of each event is such an object"),
        (status = 429, body = RefusalBody, description = "too many streams at once"),
    ),
)]
pub async fn events_stream(
    State(app): State<App>,
    caller: Authenticated,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let since = since(&app, &caller, &headers);
    if since != Since::Now {
        app.live.wait_until_caught_up().await;
    }
    let watch = app.live.watch(caller.scope, since);
    let watch = watch.map_err(|_| Refusal::busy("too many live streams at once; close one"))?;
    let heartbeat = Duration::from_millis(app.live.config().heartbeat_ms.max(1));
    let heartbeat = KeepAlive::new().interval(heartbeat).text("heartbeat");
    let ended = end_of(&app, caller);
    let stream = Sse::new(events(watch).take_until(ended)).keep_alive(heartbeat);
    Ok(([(CACHE_CONTROL, "no-store"), UNBUFFERED], stream).into_response())
}

fn since(app: &App, caller: &Authenticated, headers: &HeaderMap) -> Since {
    let Some(id) = headers.get("last-event-id") else { return Since::Now };
    let id = id.to_str().ok();
    let id = id.and_then(|id| app.live.seal().open(id, caller.scope.tenant_id()));
    id.map_or(Since::Unknown, Since::After)
}

fn events(watch: Watch) -> impl Stream<Item = Result<Event, Infallible>> {
    // Said at once, so that the client knows the stream is there and where it begins.
    let newest = watch.newest().filter(|_| !watch.has_missed());
    let opening = with_id(Event::default().retry(COME_BACK), newest, &watch);
    let signals = futures::stream::unfold(watch, |mut watch| async move {
        let event = match watch.next().await {
            Signal::Update(update) => with_id(
                Event::default().event(update.kind.as_str()).data(&update.data),
                Some(update.id),
                &watch,
            ),
            Signal::Resync(newest) => {
                with_id(Event::default().event("resync").data("{}"), newest, &watch)
            }
        };
        Some((Ok(event), watch))
    });
    futures::stream::once(std::future::ready(Ok(opening))).chain(signals)
}

fn with_id(event: Event, id: Option<UpdateId>, watch: &Watch) -> Event {
    match id {
        Some(id) => event.id(watch.sealed(id)),
        None => event,
    }
}
