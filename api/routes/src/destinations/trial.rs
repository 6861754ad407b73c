//! `POST /destinations/{id}/test`: one made-up event, under the platform's code for tests.

use std::time::Duration;

use axum::extract::State;
use serde::Serialize;
use serde_json::json;
use stratum_deliver::http::WayError;
use stratum_deliver::platform::{DeliveryPlatform, TestEvents};
use stratum_deliver::sender::{Rest, send_batch};
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::id::{Id, Resource};
use stratum_models::delivery::{
    DatasetKey, DeliveryMode, DeliveryRequest, Destination, RequestOutcome,
};
use stratum_models::id::DestinationId;
use stratum_models::identifier::IdentifierKey;
use stratum_models::platform::{ActionSource, Platform};
use stratum_models::time::UnixMillis;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::destination::StoredDestination;
use stratum_wire::envelope::{ClearId, ClearIdKind, OutboundEvent, OutboundHash};
use stratum_wire::hash::sha256;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::App;
use super::opened;

/// Who is said to have done what a trial tells.
const NOBODY: &[u8] = b"stratum-trial";

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(test_destination))
}

/// What the platform said to a made-up event.
#[derive(Debug, Serialize, ToSchema)]
pub struct DestinationTrial {
    /// Whether it took the event.
    works: bool,
    /// What the request came to; null where none was sent.
    outcome: Option<RequestOutcome>,
    /// The id of the event, to look for among the platform's test events.
    event_id: String,
    /// The status of the answer; null where none came.
    status: Option<u16>,
    /// Milliseconds until the answer was there.
    took_ms: Option<u64>,
    /// The platform's code; empty where it took the event.
    code: String,
    /// What the platform says.
    message: String,
    /// The platform's id of the answer, for its support.
    trace_id: String,
}

fn made_up(event_id: &str, platform: Platform, now: UnixMillis) -> OutboundEvent<'_> {
    let action_source = match platform {
        // Of a web site's events Meta wants more than nobody has.
        Platform::Meta => ActionSource::SystemGenerated,
        _ => ActionSource::Website,
    };
    // Google knows visitors by the cookie of its own.
    let visitor = ClearId { kind: ClearIdKind::BrowserId, value: "1.1" };
    let ids = (platform == Platform::Google).then_some(visitor).into_iter().collect();
    let hash = |key| OutboundHash { key, hash: sha256(NOBODY) };
    OutboundEvent {
        event_id,
        is_id_made: true,
        event_name: "PageView",
        event_time_ms: now.0,
        received_at_ms: now.0,
        action_source,
        is_test: true,
        opt_out: false,
        limited_data_use: false,
        limited_data_use_codes: None,
        value_micros: None,
        currency: None,
        order_id: None,
        source_url: None,
        custom_data: None,
        is_custom_data_cut: false,
        config_version: 0,
        ids,
        hashes: vec![hash(IdentifierKey::ExternalId), hash(IdentifierKey::Email)],
    }
}

/// Tests a destination: sends one made-up event under its test code, and returns what the platform says.
///
/// The event is a `PageView` of nobody, marked as a test; it shows among the platform's test events and stands in
/// no report.
#[utoipa::path(
    post, path = "/api/v1/destinations/{id}/test", tag = "destinations", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the destination's id")),
    responses(
        (status = 200, body = Answer<DestinationTrial>, description = "the platform's answer, also where it refused"),
        (status = 422, body = RefusalBody, description = "the destination has no test code or no credentials, or its platform has no trials"),
    ),
)]
pub async fn test_destination(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<StoredDestination>,
) -> Answered<DestinationTrial> {
    let (stored, credentials) = opened(&app, &caller, id).await?;
    let platform = DeliveryPlatform::of(stored.platform);
    let test_code = stored.content.test_code.clone();
    match platform.tests {
        TestEvents::UnderCode if test_code.is_none() => {
            return Err(Refusal::unprocessable("test_code", "is needed for a trial"));
        }
        TestEvents::Nowhere => {
            let message = "this platform has no trials: it counts all that it is sent";
            return Err(Refusal::unprocessable("", message));
        }
        TestEvents::UnderCode | TestEvents::AtAnotherAddress => {}
    }
    if credentials.get(platform.credential).is_empty() {
        let message = format!("misses {}", platform.credential);
        return Err(Refusal::unprocessable("credentials", message));
    }
    let destination = Destination {
        id: DestinationId(id),
        dataset: DatasetKey {
            tenant_id: caller.scope.tenant_id(),
            platform: Some(stored.platform),
            dataset_id: stored.external_id,
        },
        platform: stored.platform,
        remote_id: stored.content.remote_id,
        mode: DeliveryMode::Test,
        event_names: None,
        consent: stored.content.consent,
        test_code,
        credentials,
        since: UnixMillis(0),
    };
    let way = app.deliveries.way(&destination);
    let (way, words) = way.map_err(|error| {
        let field = if error == WayError::Credential { "credentials" } else { "remote_id" };
        Refusal::unprocessable(field, error.to_string())
    })?;
    let event_id = app.ids.next().to_string();
    let event = made_up(&event_id, stored.platform, app.clock.now());
    let events = [&event];
    let sent = send_batch(&way, &words, &events, &*app.clock);
    let longest = Duration::from_millis(app.deliver.trial_ms_max);
    let report = tokio::time::timeout(longest, Box::pin(sent)).await.ok();
    let request = report.as_ref().and_then(|report| report.requests.first()).cloned();
    let rest = report.and_then(|report| report.rest);
    let trial = told(event_id, request, rest.as_ref());
    let mut work = caller.work(&app).await?;
    let changes = json!({"works": trial.works, "outcome": trial.outcome});
    let kind = StoredDestination::KIND;
    work.audit(&AuditEntry::done(AuditAction::DestinationTested, kind, id, changes)).await?;
    work.commit().await?;
    Ok(Answer::of(trial))
}

fn told(
    event_id: String,
    request: Option<DeliveryRequest>,
    rest: Option<&Rest>,
) -> DestinationTrial {
    let outcome = request.as_ref().map(|request| request.outcome);
    let message = match rest {
        Some(Rest::Down { .. }) | None if outcome != Some(RequestOutcome::Taken) => {
            Some("the platform did not answer in time, or failed")
        }
        Some(Rest::Throttled { .. }) => Some("the platform wants to be left alone for a while"),
        _ => None,
    };
    let (status, took_ms) =
        request.as_ref().map_or((None, None), |one| (one.status, Some(one.took_ms)));
    let said = request.as_ref().map(|one| one.message.clone()).filter(|said| !said.is_empty());
    DestinationTrial {
        works: outcome == Some(RequestOutcome::Taken),
        outcome,
        event_id,
        status,
        took_ms,
        code: request.as_ref().map_or(String::new(), |one| one.code.clone()),
        message: said.or(message.map(str::to_owned)).unwrap_or_default(),
        trace_id: request.map_or(String::new(), |one| one.trace_id),
    }
}
