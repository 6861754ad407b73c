//! `/gdpr`: what is kept about a person, and its being taken away.
//!
//! A person is named by an e-mail address, a phone number or the advertiser's own id, in clear or by
//! SHA-256. The clear text is hashed as ingest hashes it, for every platform and every calling code
//! of the tenant's datasets, and goes no further.

mod person;
mod place;

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::fields::Params;
use stratum_http::paging::PageParams;
use stratum_models::dialect::Dialect;
use stratum_models::identifier::{IdentifierHash, IdentifierKey};
use stratum_models::money::{Currency, micros_to_units};
use stratum_models::person::PersonEvent;
use stratum_models::platform::{ActionSource, Device, Platform};
use stratum_models::seal::{SealedIdentifier, TenantKeys};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::user::Role;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;
use super::invitations::InvitationItem;
use super::users::{UserItem, keep_an_admin};
use person::{Person, PersonRequest};
pub use place::LetterFolder;
use place::{PlaceItem, Walk};

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
    /// Every place where a person may be kept, with how many there are.
    places: Vec<PlaceItem>,
}

/// A conversion event as it is kept.
#[derive(Serialize, ToSchema)]
pub struct PersonEventItem {
    /// The wire format it came in.
    dialect: Dialect,
    /// The ad platform it is for; null where it is for none.
    platform: Option<Platform>,
    /// The pixel or dataset id.
    dataset_id: String,
    /// The event's name.
    event_name: String,
    /// When it happened.
    event_time: DateTime<Utc>,
    /// When it was accepted.
    received_at: DateTime<Utc>,
    /// Where it happened.
    action_source: ActionSource,
    /// The sender's event id.
    event_id: Option<String>,
    /// The shop's order id.
    order_id: Option<String>,
    /// The event's worth in units of `currency`.
    value: Option<f64>,
    /// The currency of its worth.
    currency: Option<Currency>,
    /// The event's campaign, empty when unknown.
    campaign_id: String,
    /// ISO 3166 alpha-2 country.
    country: Option<String>,
    /// The class of device.
    device: Device,
    /// The host of the page.
    source_host: Option<String>,
    /// The identifiers that it gives of the person; they are kept sealed. Of names, places, birth dates and the
    /// like nothing is kept but that they were sent.
    identifiers: Vec<IdentifierItem>,
}

/// An identifier as it is kept.
#[derive(Serialize, ToSchema)]
pub struct IdentifierItem {
    /// The kind of identifier, such as `em` or `ph`.
    key: IdentifierKey,
    /// SHA-256 of its normalised form, in hexadecimal; null where it was sealed with a key that is gone.
    sha256: Option<String>,
}

impl IdentifierItem {
    fn of(one: &SealedIdentifier, keys: &TenantKeys) -> IdentifierItem {
        let digits =
            |hash: IdentifierHash| hash.0.iter().map(|byte| format!("{byte:02x}")).collect();
        IdentifierItem { key: one.key, sha256: keys.open(&one.seal).map(digits) }
    }
}

impl PersonEventItem {
    fn of(event: PersonEvent, keys: &TenantKeys) -> PersonEventItem {
        let identifiers = event.identifiers.iter().map(|one| IdentifierItem::of(one, keys));
        PersonEventItem {
            dialect: event.dialect,
            platform: event.platform,
            dataset_id: event.dataset_id,
            event_name: event.event_name,
            event_time: event.event_time.to_utc(),
            received_at: event.received_at.to_utc(),
            action_source: event.action_source,
            event_id: event.event_id,
            order_id: event.order_id,
            value: event.value_micros.map(micros_to_units),
            currency: event.currency,
            campaign_id: event.campaign_id,
            country: event.country,
            device: event.device,
            source_host: event.source_host,
            identifiers: identifiers.collect(),
        }
    }
}

/// The report of what was taken away.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnonymizationReport {
    /// Every place where a person may be kept, with the number of rows taken away there.
    places: Vec<PlaceItem>,
}

/// Returns the data that is kept about a person.
///
/// `places` lists every place where data of a person may be, what it is and how much. Strong identifiers of the
/// person's events (e-mail address, phone number, ids) lead to further events, unless they occur together with many
/// e-mail addresses. The content of the log is not returned.
#[utoipa::path(
    post, path = "/api/v1/gdpr/export", tag = "personal data", params(PageParams),
    security(("bearer" = [])), request_body = PersonRequest,
    responses(
        (status = 200, body = Answer<PersonExport>),
        (status = 422, body = RefusalBody, description = "the identifier does not have the form of its type"),
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
    let mut person = Person::of(&request, &work.calling_codes().await?)?;
    let found = person.find(&mut work).await?;
    let pseudonym = work.pseudonym(person.name());
    let changes = json!({"users": found.users.len(), "invitations": found.invitations.len()});
    work.audit(&AuditEntry::done(AuditAction::PersonExported, "person", pseudonym, changes))
        .await?;
    work.commit().await?;
    let (skip, rows_max) = (page.offset().unsigned_abs(), page.limit().unsigned_abs());
    let rows_max = u32::try_from(rows_max).unwrap_or(u32::MAX);
    let keys = app.keys.of(caller.scope.tenant_id());
    let seals = person.follow(&*app.persons, caller.scope, &keys).await?;
    let events = app.persons.person_events(caller.scope, &seals, skip, rows_max).await?;
    let (person, seals) = (&person, &seals[..]);
    let ended = Vec::new();
    let mut walk = Walk { app: &app, caller: &caller, person, seals, erase: false, ended };
    let export = PersonExport {
        users: found.users.into_iter().map(UserItem::from).collect(),
        invitations: found.invitations.into_iter().map(InvitationItem::from).collect(),
        events: events.events.into_iter().map(|one| PersonEventItem::of(one, &keys)).collect(),
        places: walk.places().await?,
    };
    let mut answer = Answer::of(export);
    answer.pagination = Some(page.of(events.total));
    Ok(answer)
}

/// Removes the data that identifies a person.
///
/// `places` lists every place where data of the person may be, and what is done there. Strong identifiers of the
/// person's events (e-mail address, phone number, ids) lead to further events, unless they occur together with many
/// e-mail addresses. The identifiers are kept, encrypted, on a list that is checked before data is stored, so that
/// reading the log again does not bring the person back. After a minute everything is repeated automatically, for
/// data that was being processed. Repeating the request changes nothing. An answer of 503 may mean that the removal
/// is still in progress: repeat the request. Events that are sent later are accepted as before.
#[utoipa::path(
    post, path = "/api/v1/gdpr/anonymize", tag = "personal data", security(("bearer" = [])),
    request_body = PersonRequest,
    responses(
        (status = 200, body = Answer<AnonymizationReport>),
        (status = 409, body = RefusalBody, description = "the person is the tenant's last admin"),
        (status = 422, body = RefusalBody, description = "the identifier does not have the form of its type"),
    ),
)]
pub async fn anonymize_person(
    State(app): State<App>,
    caller: Authenticated,
    Body(request): Body<PersonRequest>,
) -> Answered<AnonymizationReport> {
    let mut work = caller.work(&app).await?;
    let mut person = Person::of(&request, &work.calling_codes().await?)?;
    // Asked first, so that nothing is done by halves; no lock is held while parts are rewritten.
    refuse_last_admin(&mut work, &person).await?;
    drop(work);
    let keys = app.keys.of(caller.scope.tenant_id());
    let seals = person.follow(&*app.persons, caller.scope, &keys).await?;
    // On the list first: what is on its way into the warehouse must find it.
    let mut work = caller.work(&app).await?;
    work.note_erasure(&seals).await?;
    work.commit().await?;
    let (person, seals) = (&person, &seals[..]);
    let ended = Vec::new();
    let mut walk = Walk { app: &app, caller: &caller, person, seals, erase: true, ended };
    let done = AnonymizationReport { places: walk.places().await? };
    let mut work = caller.work(&app).await?;
    let pseudonym = work.pseudonym(person.name());
    let counts = done.places.iter().map(PlaceItem::count).collect::<serde_json::Map<_, _>>();
    let entry = AuditEntry::done(AuditAction::PersonAnonymized, "person", pseudonym, json!(counts));
    work.audit(&entry).await?;
    work.commit().await?;
    app.auth.revocations.apply(&walk.ended);
    Ok(Answer::of(done))
}

async fn refuse_last_admin(
    work: &mut stratum_state::work::TenantWork,
    person: &Person,
) -> Result<person::PersonRecords, Refusal> {
    let found = person.find(work).await?;
    for user in &found.users {
        if user.active && user.role == Role::Admin {
            keep_an_admin(work, user.id).await?;
        }
    }
    Ok(found)
}
