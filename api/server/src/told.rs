//! Tells watchers of what users change: other tabs, other people, other processes.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use stratum_http::auth::Authenticated;
use stratum_models::announce::announce;
use stratum_models::log::EventLog;
use stratum_models::update::Update;

/// Where paths of the API begin.
const API: &str = "/api/v1/";
/// The kinds of resources that users keep, by the beginning of their paths. A path that only asks by a body
/// is not among them.
const RESOURCES: [&str; 18] = [
    "ad-accounts",
    "analytics/export",
    "api-keys",
    "assets",
    "attention",
    "campaigns",
    "connectors",
    "datasets",
    "destinations",
    "fx-rates",
    "imports",
    "notes",
    "qa/fixes",
    "rules",
    "tenant",
    "tracking",
    "users",
    "views",
];

/// The kind of resource that a request may change; `None` for one that only asks.
fn resource(method: &Method, path: &str) -> Option<&'static str> {
    if method.is_safe() {
        return None;
    }
    let path = path.strip_prefix(API)?;
    RESOURCES.into_iter().find(|kind| {
        path.strip_prefix(kind).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Announces what a caller has changed, once that is done. A hint that is lost delays a watcher until it asks
/// again by itself.
pub async fn tell_changes(
    State(log): State<Option<Arc<dyn EventLog>>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let kind = path.and_then(|path| resource(request.method(), path.as_str()));
    let caller = request.extensions().get::<Authenticated>();
    let tenant = caller.map(|caller| caller.scope.tenant_id());
    let response = next.run(request).await;
    if let (Some(log), Some(kind), Some(tenant)) = (log, kind, tenant)
        && response.status().is_success()
        && let Err(error) = announce(&*log, &[Update::resource(tenant, kind)]).await
    {
        tracing::warn!(error = %error, "a change was not told");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_something_is_told_by_its_kind() {
        for (method, path, kind) in [
            (Method::POST, "/api/v1/campaigns", Some("campaigns")),
            (Method::PATCH, "/api/v1/campaigns/{id}", Some("campaigns")),
            (Method::DELETE, "/api/v1/connectors/{id}/runs/{run}", Some("connectors")),
            (Method::POST, "/api/v1/analytics/export", Some("analytics/export")),
            (Method::GET, "/api/v1/campaigns", None),
            (Method::POST, "/api/v1/simulate", None),
            (Method::POST, "/api/v1/campaignsx", None),
            (Method::POST, "/capi/{dataset_id}/events", None),
        ] {
            assert_eq!(resource(&method, path), kind, "{method} {path}");
        }
    }
}
