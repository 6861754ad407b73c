//! Ids in paths, by one rule: text that is no UUID names nothing, so it is 404 like an id that is not known.

use std::fmt;
use std::marker::PhantomData;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde_json::json;
use uuid::Uuid;

use crate::answer::Refusal;
use stratum_state::api_key::ApiKey;
use stratum_state::asset::Asset;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::campaign::Campaign;
use stratum_state::connector::Connector;
use stratum_state::destination::StoredDestination;
use stratum_state::export_job::ExportJob;
use stratum_state::export_schedule::ExportSchedule;
use stratum_state::fix_run::FixRun;
use stratum_state::invitation::Invitation;
use stratum_state::note::Note;
use stratum_state::plan::Plan;
use stratum_state::pull_run::PullRun;
use stratum_state::rule::Rule;
use stratum_state::session::Session;
use stratum_state::tracking::TrackedDataset;
use stratum_state::user::User;
use stratum_state::view::View;
use stratum_state::work::TenantWork;

/// A thing that paths name by its id.
pub trait Resource {
    /// The name in the audit log.
    const KIND: &'static str;
    /// The name in refusals.
    const NAME: &'static str = Self::KIND;
    /// The parameter of the path.
    const PARAM: &'static str = "id";

    /// 404: the tenant has no such thing.
    fn not_found() -> Refusal {
        Refusal::not_found(Self::NAME)
    }
}

impl Resource for ApiKey {
    const KIND: &'static str = "api_key";
    const NAME: &'static str = "API key";
}

impl Resource for Asset {
    const KIND: &'static str = "asset";
}

impl Resource for Campaign {
    const KIND: &'static str = "campaign";
}

impl Resource for Connector {
    const KIND: &'static str = "connector";
}

impl Resource for StoredDestination {
    const KIND: &'static str = "destination";
}

impl Resource for ExportJob {
    const KIND: &'static str = "export";
}

impl Resource for ExportSchedule {
    const KIND: &'static str = "export_schedule";
    const NAME: &'static str = "schedule";
}

impl Resource for FixRun {
    const KIND: &'static str = "fix_run";
    const NAME: &'static str = "run";
}

impl Resource for Invitation {
    const KIND: &'static str = "invitation";
}

impl Resource for Note {
    const KIND: &'static str = "note";
}

impl Resource for Plan {
    const KIND: &'static str = "plan";
}

impl Resource for View {
    const KIND: &'static str = "view";
}

impl Resource for PullRun {
    const KIND: &'static str = "pull";
    const PARAM: &'static str = "run";
}

impl Resource for Rule {
    const KIND: &'static str = "rule";
}

impl Resource for Session {
    const KIND: &'static str = "session";
}

impl Resource for TrackedDataset {
    const KIND: &'static str = "dataset";
    const PARAM: &'static str = "dataset";
}

impl Resource for User {
    const KIND: &'static str = "user";
}

/// The id of a thing in a path.
pub struct Id<T>(pub Uuid, pub PhantomData<T>);

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl<S: Send + Sync, T: Resource> FromRequestParts<S> for Id<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|_| T::not_found())?;
        let text = params.iter().find(|(name, _)| *name == T::PARAM).map(|(_, text)| text);
        let id = text.and_then(|text| Uuid::parse_str(text).ok());
        id.map(|id| Id(id, PhantomData)).ok_or_else(T::not_found)
    }
}

/// Ends a deletion: with its audit row, the commit and 204 where something was deleted, else with 404.
pub async fn end_deletion<T: Resource>(
    mut work: TenantWork,
    id: Uuid,
    deleted: bool,
    action: AuditAction,
) -> Result<StatusCode, Refusal> {
    if !deleted {
        return Err(T::not_found());
    }
    work.audit(&AuditEntry::done(action, T::KIND, id, json!({}))).await?;
    work.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::Request;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn what_is_no_id_is_not_found() {
        let handler = |Id(id, ..): Id<Connector>, Id(run, ..): Id<PullRun>| async move {
            format!("{} {}", id.as_u128(), run.as_u128())
        };
        let app = Router::new().route("/{id}/runs/{run}", get(handler));
        let status = async |path: String| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            app.clone().oneshot(request).await.unwrap().status().as_u16()
        };
        let [one, two] = [1, 2].map(Uuid::from_u128);
        assert_eq!(status(format!("/{one}/runs/{two}")).await, 200);
        for wrong in ["1", "x", "%ff", "%00", "00000000-0000-0000-0000-00000000000g"] {
            assert_eq!(status(format!("/{wrong}/runs/{two}")).await, 404, "{wrong}");
            assert_eq!(status(format!("/{one}/runs/{wrong}")).await, 404, "{wrong}");
        }
    }
}
