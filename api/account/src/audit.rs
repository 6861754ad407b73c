//! `GET /audit`: what was done in the tenant, by whom, and what was refused.

use axum::extract::State;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stratum_http::answer::{Answer, Answered, Refusal, RequestId};
use stratum_http::auth::Authenticated;
use stratum_http::day::{Date, midnight};
use stratum_http::fields::{Fields, Params};
use stratum_http::paging::read_page;
use stratum_state::audit::{ACTOR_KINDS, AuditAction, AuditOutcome};
use stratum_state::audit_page::{AuditFilter, AuditRow};
use stratum_state::page::Page;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;

/// Longest text of a filter.
const TEXT_CHARS_MAX: usize = 200;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_audit))
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditParams {
    /// First day, in the tenant's zone, included.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<String>,
    /// Last day, included.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<String>,
    /// The actor: its kind, such as `user`, an id, or both as `user:ID`.
    actor: Option<String>,
    /// The action that was done, such as `user.updated`; an unknown action is refused.
    #[param(value_type = Option<AuditAction>)]
    action: Option<String>,
    /// The object: its kind, such as `campaign`, or kind and id as `campaign:ID`.
    object: Option<String>,
    /// Done or refused.
    #[param(value_type = Option<AuditOutcome>)]
    outcome: Option<String>,
    /// The number of the page, from 1.
    #[param(value_type = Option<u32>, minimum = 1)]
    page: Option<String>,
    /// Items per page, 20 if absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    page_size: Option<String>,
}

/// One thing that was done or refused.
#[derive(Serialize, ToSchema)]
pub struct AuditItem {
    /// The row's place in the tenant's chain, from 1.
    seq: u64,
    /// When.
    at: DateTime<Utc>,
    /// By whom.
    actor: Party,
    /// The action that was done.
    #[schema(value_type = AuditAction)]
    action: String,
    /// To what.
    object: Party,
    /// Done or refused.
    #[schema(value_type = AuditOutcome)]
    outcome: String,
    /// Field by field what is new; of personal data only that it is.
    #[schema(value_type = Object)]
    changes: Value,
    /// The id of the request; null for actions outside of requests.
    request_id: Option<String>,
    /// The id that the client gave the request; null if it gave none.
    client_request_id: Option<String>,
    /// SHA-256 over the row and the hash before it, in hexadecimal.
    hash: String,
}

/// Who acted, or what was acted on.
#[derive(Serialize, ToSchema)]
pub struct Party {
    /// The kind of party.
    kind: String,
    /// The party's id; null if there is none.
    id: Option<String>,
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

impl From<AuditRow> for AuditItem {
    fn from(row: AuditRow) -> AuditItem {
        let (request_id, clients) = RequestId::parts(&row.request_id);
        AuditItem {
            seq: row.seq,
            at: row.at.to_utc(),
            actor: Party { kind: row.actor_kind, id: some(row.actor_id) },
            action: row.action,
            object: Party { kind: row.object_kind, id: some(row.object_id) },
            outcome: row.outcome,
            changes: row.changes,
            request_id: some(request_id.to_owned()),
            client_request_id: clients.map(str::to_owned),
            hash: row.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

impl AuditParams {
    fn read(self, zone: Tz) -> Result<(AuditFilter, Page), Refusal> {
        let mut fields = Fields::default();
        let from: Option<Date> = fields.optional("from", self.from.as_deref());
        let to: Option<Date> = fields.optional("to", self.to.as_deref());
        let outcome = fields.optional("outcome", self.outcome.as_deref());
        let mut text = |field, text| fields.text(field, text, TEXT_CHARS_MAX);
        let (actor, object) = (text("actor", self.actor), text("object", self.object));
        let action: Option<AuditAction> = fields.optional("action", self.action.as_deref());
        let page = read_page(&mut fields, self.page.as_deref(), self.page_size.as_deref());
        fields.finish()?;
        let (actor_kind, actor_id) = actor.map_or((None, None), |actor| actor_of(&actor));
        let (object_kind, object_id) = object.map_or((None, None), |object| both(&object));
        let after = to.map(|Date(day)| day.succ_opt().unwrap_or(day));
        let filter = AuditFilter {
            from: from.map(|Date(day)| midnight(day, zone)),
            until: after.map(|day| midnight(day, zone)),
            actor_kind,
            actor_id,
            action,
            object_kind,
            object_id,
            outcome,
        };
        Ok((filter, page))
    }
}

/// `kind` or `kind:id`.
fn both(text: &str) -> (Option<String>, Option<String>) {
    match text.split_once(':') {
        Some((kind, id)) => (Some(kind.to_owned()), Some(id.to_owned())),
        None => (Some(text.to_owned()), None),
    }
}

/// `kind`, `id` or `kind:id`.
fn actor_of(text: &str) -> (Option<String>, Option<String>) {
    match text.contains(':') || ACTOR_KINDS.contains(&text) {
        true => both(text),
        false => (None, Some(text.to_owned())),
    }
}

/// Lists actions that were done and actions that were refused, newest first.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "audit", params(AuditParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<AuditItem>>)),
)]
pub async fn list_audit(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<AuditParams>,
) -> Answered<Vec<AuditItem>> {
    let zone = app.auth.directory.time_zone(caller.scope.tenant_id()).unwrap_or(Tz::UTC);
    let (filter, page) = params.read(zone)?;
    let (rows, total) = caller.work(&app).await?.audit_page(&filter, page).await?;
    Ok(Answer::page(rows, page.of(total)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_a_kind_an_id_or_both() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(actor_of("operator"), (text("operator"), None));
        assert_eq!(actor_of("user:7"), (text("user"), text("7")));
        assert_eq!(actor_of("0190-7"), (None, text("0190-7")));
    }
}
