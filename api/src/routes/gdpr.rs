//! `/gdpr`: what is kept about a person, and its being taken away.
//!
//! A person is named by an e-mail address, a phone number or the advertiser's own id, in clear or by
//! SHA-256. The clear text is hashed as ingest hashes it, for every platform and every calling code
//! of the tenant's datasets, and goes no further.

mod person;

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use stratum_models::identifier::HashedIdentifier;
use stratum_models::money::micros_to_units;
use stratum_models::person::PersonEvent;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;
use super::body::Body;
use super::fields::Params;
use super::invitations::InvitationItem;
use super::paging::PageParams;
use super::users::{UserItem, keep_an_admin};
use crate::answer::{Answer, Answered, Refusal, RefusalBody};
use crate::auth::Authenticated;
use crate::state::audit::AuditEntry;
use crate::state::user::Role;
use person::{Person, PersonRequest};

/// The operations of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(export_person)).routes(routes!(anonymize_person))
}

/// Everything that is kept about a person.
#[derive(Serialize, ToSchema)]
pub struct PersonExport {
    /// Users of the tenant that they are.
    users: Vec<UserItem>,
    /// Invitations that were sent to them, of any state.
    invitations: Vec<InvitationItem>,
    /// Their conversion events, by receipt; the page that `pagination` tells.
    events: Vec<PersonEventItem>,
}

/// A conversion event as it is kept.
#[derive(Serialize, ToSchema)]
pub struct PersonEventItem {
    /// The platform.
    platform: &'static str,
    /// The platform's pixel or dataset id.
    dataset_id: String,
    /// Its name.
    event_name: String,
    /// When it happened.
    event_time: DateTime<Utc>,
    /// When it was accepted.
    received_at: DateTime<Utc>,
    /// Where it happened.
    action_source: &'static str,
    /// The sender's event id.
    event_id: Option<String>,
    /// The shop's order id.
    order_id: Option<String>,
    /// Its worth in units of `currency`.
    value: Option<f64>,
    /// The currency of its worth.
    currency: Option<String>,
    /// Its campaign, empty when unknown.
    campaign_id: String,
    /// ISO 3166 alpha-2 country.
    country: Option<String>,
    /// The class of device.
    device: &'static str,
    /// The host of the page.
    source_host: Option<String>,
    /// What it tells about the person; nothing of it is kept in clear.
    identifiers: Vec<IdentifierItem>,
}

/// An identifier as it is kept.
#[derive(Serialize, ToSchema)]
pub struct IdentifierItem {
    /// Its kind, such as `em` or `ph`.
    key: &'static str,
    /// SHA-256 of its normalised form, in hexadecimal.
    sha256: String,
}

impl From<&HashedIdentifier> for IdentifierItem {
    fn from(one: &HashedIdentifier) -> IdentifierItem {
        let sha256 = one.hash.0.iter().map(|byte| format!("{byte:02x}")).collect();
        IdentifierItem { key: one.key.as_str(), sha256 }
    }
}

impl From<PersonEvent> for PersonEventItem {
    fn from(event: PersonEvent) -> PersonEventItem {
        PersonEventItem {
            platform: event.platform.as_str(),
            dataset_id: event.dataset_id,
            event_name: event.event_name,
            event_time: event.event_time.to_utc(),
            received_at: event.received_at.to_utc(),
            action_source: event.action_source.as_str(),
            event_id: event.event_id,
            order_id: event.order_id,
            value: event.value_micros.map(micros_to_units),
            currency: event.currency.map(|currency| currency.to_string()),
            campaign_id: event.campaign_id,
            country: event.country,
            device: event.device.as_str(),
            source_host: event.source_host,
            identifiers: event.identifiers.iter().map(IdentifierItem::from).collect(),
        }
    }
}

/// What was taken away.
#[derive(Debug, Serialize, ToSchema)]
pub struct Anonymized {
    /// Conversion events that tell no longer who they are about.
    events: u64,
    /// Users that are nobody now.
    users: u64,
    /// Invitations that were forgotten.
    invitations: u64,
}

/// Tells what is kept about a person.
///
/// Nothing is kept of them but what is answered here and, for some days, the same events in the log,
/// out of which nothing is answered.
#[utoipa::path(
    post, path = "/api/v1/gdpr/export", tag = "personal data", params(PageParams),
    security(("bearer" = [])), request_body = PersonRequest,
    responses(
        (status = 200, body = Answer<PersonExport>),
        (status = 400, body = RefusalBody, description = "the body or a parameter cannot be read"),
        (status = 401, body = RefusalBody, description = "no valid access token"),
        (status = 403, body = RefusalBody, description = "the role does not allow it"),
        (status = 413, body = RefusalBody, description = "the body is too large"),
        (status = 415, body = RefusalBody, description = "the body is no JSON"),
        (status = 422, body = RefusalBody, description = "the identifier is none of its type"),
        (status = 503, body = RefusalBody, description = "a store does not answer"),
    ),
)]
pub async fn export_person(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PageParams>,
    Body(request): Body<PersonRequest>,
) -> Answered<PersonExport> {
    let page = params.read()?;
    let mut work = caller.work(&app).await?;
    let person = Person::of(&request, &work.calling_codes().await?)?;
    let found = person.find(&mut work).await?;
    let pseudonym = work.pseudonym(person.name());
    let changes = json!({"users": found.users.len(), "invitations": found.invitations.len()});
    work.audit(&AuditEntry::done("person.exported", "person", pseudonym, changes)).await?;
    work.commit().await?;
    let (skip, rows_max) = (page.offset().unsigned_abs(), page.limit().unsigned_abs());
    let rows_max = u32::try_from(rows_max).unwrap_or(u32::MAX);
    let events = app.persons.person_events(caller.scope, person.identifiers(), skip, rows_max);
    let events = events.await?;
    let export = PersonExport {
        users: found.users.into_iter().map(UserItem::from).collect(),
        invitations: found.invitations.into_iter().map(InvitationItem::from).collect(),
        events: events.events.into_iter().map(PersonEventItem::from).collect(),
    };
    let mut answer = Answer::of(export);
    answer.pagination = Some(page.of(events.total));
    Ok(answer)
}

/// Takes away what tells who a person is.
///
/// From their events every identifier, event id and order id go; figures stay as they are. Users they
/// are become nobody and can sign in no more; invitations are forgotten. Asking again changes nothing.
/// An answer of 503 may mean that it is still going on: ask again. Events that are sent later are
/// taken in as before.
#[utoipa::path(
    post, path = "/api/v1/gdpr/anonymize", tag = "personal data", security(("bearer" = [])),
    request_body = PersonRequest,
    responses(
        (status = 200, body = Answer<Anonymized>),
        (status = 400, body = RefusalBody, description = "the body cannot be read"),
        (status = 401, body = RefusalBody, description = "no valid access token"),
        (status = 403, body = RefusalBody, description = "the role does not allow it"),
        (status = 409, body = RefusalBody, description = "they are the tenant's last admin"),
        (status = 413, body = RefusalBody, description = "the body is too large"),
        (status = 415, body = RefusalBody, description = "the body is no JSON"),
        (status = 422, body = RefusalBody, description = "the identifier is none of its type"),
        (status = 503, body = RefusalBody, description = "a store does not answer, or not in time"),
    ),
)]
pub async fn anonymize_person(
    State(app): State<App>,
    caller: Authenticated,
    Body(request): Body<PersonRequest>,
) -> Answered<Anonymized> {
    let mut work = caller.work(&app).await?;
    let person = Person::of(&request, &work.calling_codes().await?)?;
    // Asked first, so that nothing is done by halves; the lock is not held while parts are rewritten.
    refuse_last_admin(&mut work, &person).await?;
    drop(work);
    let events = app.persons.forget_person(caller.scope, person.identifiers()).await?;
    let mut work = caller.work(&app).await?;
    work.lock_limits().await?;
    let found = refuse_last_admin(&mut work, &person).await?;
    let mut sessions = Vec::new();
    for user in &found.users {
        sessions.extend(work.anonymize_user(user.id).await?);
    }
    for invitation in &found.invitations {
        work.delete_invitation(invitation.id).await?;
    }
    let (users, invitations) = (found.users.len() as u64, found.invitations.len() as u64);
    let done = Anonymized { events, users, invitations };
    let pseudonym = work.pseudonym(person.name());
    let entry = AuditEntry::done("person.anonymized", "person", pseudonym, json!(done));
    work.audit(&entry).await?;
    work.commit().await?;
    app.revocations.apply(&sessions);
    Ok(Answer::of(done))
}

async fn refuse_last_admin(
    work: &mut crate::state::work::TenantWork,
    person: &Person,
) -> Result<person::Found, Refusal> {
    let found = person.find(work).await?;
    for user in &found.users {
        if user.active && user.role == Role::Admin {
            keep_an_admin(work, user.id).await?;
        }
    }
    Ok(found)
}
