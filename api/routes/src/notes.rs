//! `/notes`: what is written beside the figures of some days, by users and by the program.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::fields::{Fields, Params};
use stratum_http::id::{Id, Resource, end_deletion};
use stratum_http::rules::{Rules, sent, set};
use stratum_models::platform::Platform;
use stratum_models::time::UnixMillis;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::note::{NewNote, Note, NoteQuery, SystemNote, SystemNoteKind};
use stratum_state::work::TenantWork;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::App;
use super::range::RangeFields;

/// Notes of a tenant.
const NOTES_MAX: u64 = 10_000;
/// Notes of an answer, of users and of the program each.
const SHOWN_MAX: i64 = 500;
/// Characters of a note.
const TEXT_CHARS_MAX: usize = 500;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_notes, create_note))
        .routes(routes!(change_note, delete_note))
}

/// Which notes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NoteParams {
    /// Notes about this day or a later one; 30 days before `date_to` where absent.
    #[param(value_type = Option<NaiveDate>)]
    date_from: Option<String>,
    /// Notes about this day or an earlier one; today where absent.
    #[param(value_type = Option<NaiveDate>)]
    date_to: Option<String>,
    /// One or several platforms, parted by commas: notes about them or about all.
    platform: Option<String>,
    /// Notes about this campaign or about all.
    #[param(value_type = Option<Uuid>)]
    campaign_id: Option<String>,
}

/// Who wrote a note, or what it tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// A user's.
    User,
    /// Another version of a dataset's tracking configuration came into force.
    Tracking,
    /// Reports of the past were asked for.
    Backfill,
}

/// A note.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoteItem {
    /// The note's id; null for what the program notes by itself.
    id: Option<Uuid>,
    /// Who wrote it, or what it tells of.
    kind: NoteKind,
    /// The first day it is about.
    date_from: NaiveDate,
    /// The last one.
    date_to: NaiveDate,
    /// The platform it is about; null for all.
    platform: Option<Platform>,
    /// The campaign it is about; null for all.
    campaign_id: Option<Uuid>,
    /// The text; null for what the program notes by itself.
    text: Option<String>,
    /// The dataset's or connector's name, of what the program notes by itself.
    subject: Option<String>,
    /// The version that came into force, of `tracking`.
    version: Option<u32>,
    /// When it was written, or when it happened.
    at: DateTime<Utc>,
}

impl From<Note> for NoteItem {
    fn from(note: Note) -> NoteItem {
        let NewNote { first_day, last_day, platform, campaign_id, text } = note.content;
        NoteItem {
            id: Some(note.id),
            kind: NoteKind::User,
            date_from: first_day,
            date_to: last_day,
            platform,
            campaign_id,
            text: Some(text),
            subject: None,
            version: None,
            at: note.created_at,
        }
    }
}

impl NoteItem {
    /// The note of what the program did, on the day it shows: of a backfill the days that were asked for.
    fn of_system(note: SystemNote, day: NaiveDate) -> NoteItem {
        let (kind, (date_from, date_to), version) = match note.kind {
            SystemNoteKind::Tracking(version) => (NoteKind::Tracking, (day, day), Some(version)),
            SystemNoteKind::Backfill(days) => {
                (NoteKind::Backfill, days.unwrap_or((day, day)), None)
            }
        };
        NoteItem {
            id: None,
            kind,
            date_from,
            date_to,
            platform: None,
            campaign_id: None,
            text: None,
            subject: Some(note.subject),
            version,
            at: note.at,
        }
    }
}

/// Notes of some days, the latest first.
///
/// Those of users, and what the program did meanwhile that may show in figures: another tracking configuration, reports of
/// the past. At most 500 of each.
#[utoipa::path(
    get, path = "/api/v1/notes", tag = "notes", params(NoteParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<NoteItem>>)),
)]
pub async fn list_notes(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<NoteParams>,
) -> Answered<Vec<NoteItem>> {
    let mut fields = Fields::default();
    let platforms = fields.list("platform", params.platform.as_deref());
    let campaign_id = fields.optional("campaign_id", params.campaign_id.as_deref());
    let range = RangeFields {
        from: ("date_from", params.date_from.as_deref()),
        to: ("date_to", params.date_to.as_deref()),
    };
    let range = range.read(&app, caller.scope, fields)?;
    let (from, until) = range.hours();
    let query = NoteQuery { days: range.days, platforms, campaign_id };
    let mut work = caller.work(&app).await?;
    let notes = work.notes(&query, SHOWN_MAX).await?;
    let system = work.system_notes(from, until, SHOWN_MAX).await?;
    drop(work);
    let mut items: Vec<NoteItem> = notes.into_iter().map(NoteItem::from).collect();
    items.extend(system.into_iter().map(|note| {
        let day = UnixMillis(note.at.timestamp_millis()).day_in(range.zone).0;
        NoteItem::of_system(note, day)
    }));
    items.sort_by_key(|one| std::cmp::Reverse((one.date_from, one.at)));
    Ok(Answer::of(items))
}

/// A note to be written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNoteBody {
    /// The first day it is about.
    date_from: NaiveDate,
    /// The last one; the first where absent.
    date_to: Option<NaiveDate>,
    /// The platform it is about; all where absent.
    platform: Option<Platform>,
    /// The campaign it is about; all where absent.
    campaign_id: Option<Uuid>,
    /// The text, of 1 to 500 characters on one line.
    #[schema(min_length = 1, max_length = 500)]
    text: String,
}

/// The changes to a note. A field that is not sent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteChange {
    /// The first day it is about.
    date_from: Option<NaiveDate>,
    /// The last one.
    date_to: Option<NaiveDate>,
    /// The platform it is about; null for all.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<Platform>)]
    platform: Option<Option<Platform>>,
    /// The campaign it is about; null for all.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<Uuid>)]
    campaign_id: Option<Option<Uuid>>,
    /// The text.
    text: Option<String>,
}

async fn check(work: &mut TenantWork, note: &NewNote) -> Result<(), Refusal> {
    let mut rules = Rules::default();
    rules.text("text", &note.text, TEXT_CHARS_MAX);
    rules.day("date_from", Some(note.first_day));
    rules.day("date_to", Some(note.last_day));
    let in_order = note.first_day <= note.last_day;
    rules.hold(
        "date_to",
        in_order,
        Fault::new(FaultCode::BeforeOther, "must not lie before date_from")
            .with("other", "date_from"),
    );
    if let Some(campaign) = note.campaign_id {
        let is_there = work.campaign(campaign).await?.is_some();
        rules.hold(
            "campaign_id",
            is_there,
            Fault::new(FaultCode::NoCampaign, "there is no such campaign"),
        );
    }
    rules.finish()
}

/// Writes a note.
#[utoipa::path(
    post, path = "/api/v1/notes", tag = "notes", security(("bearer" = [])),
    request_body = NewNoteBody,
    responses(
        (status = 201, body = Answer<NoteItem>),
        (status = 422, body = RefusalBody, description = "a field breaks a rule, or the tenant has as many as it may have"),
    ),
)]
pub async fn create_note(
    State(app): State<App>,
    caller: Authenticated,
    Body(body): Body<NewNoteBody>,
) -> Answered<NoteItem> {
    let new = NewNote {
        first_day: body.date_from,
        last_day: body.date_to.unwrap_or(body.date_from),
        platform: body.platform,
        campaign_id: body.campaign_id,
        text: body.text.trim().to_owned(),
    };
    let mut work = caller.work(&app).await?;
    check(&mut work, &new).await?;
    if work.note_count().await? >= NOTES_MAX {
        let message = format!("there are {NOTES_MAX} notes, which is the most");
        return Err(Refusal::unprocessable(
            "",
            Fault::above(FaultCode::LimitReached, NOTES_MAX, message),
        ));
    }
    let id = work.create_note(&new).await?;
    written(work, id, AuditAction::NoteCreated, StatusCode::CREATED).await
}

/// Changes a note.
#[utoipa::path(
    patch, path = "/api/v1/notes/{id}", tag = "notes", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the note's id")), request_body = NoteChange,
    responses((status = 200, body = Answer<NoteItem>)),
)]
pub async fn change_note(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Note>,
    Body(change): Body<NoteChange>,
) -> Answered<NoteItem> {
    let mut work = caller.work(&app).await?;
    let mut new = work.note(id).await?.ok_or_else(Note::not_found)?.content;
    set(&mut new.first_day, change.date_from);
    set(&mut new.last_day, change.date_to);
    set(&mut new.platform, change.platform);
    set(&mut new.campaign_id, change.campaign_id);
    set(&mut new.text, change.text.map(|text| text.trim().to_owned()));
    check(&mut work, &new).await?;
    if !work.update_note(id, &new).await? {
        return Err(Note::not_found());
    }
    written(work, id, AuditAction::NoteUpdated, StatusCode::OK).await
}

/// The note as it is stored, once that is written down and made so.
async fn written(
    mut work: TenantWork,
    id: Uuid,
    action: AuditAction,
    status: StatusCode,
) -> Answered<NoteItem> {
    let note = work.note(id).await?.ok_or_else(Refusal::internal)?;
    let NewNote { first_day, last_day, platform, campaign_id, .. } = &note.content;
    let changes = json!({
        "date_from": first_day, "date_to": last_day, "platform": platform, "campaign_id": campaign_id,
        "text": "changed",
    });
    work.audit(&AuditEntry::done(action, Note::KIND, id, changes)).await?;
    work.commit().await?;
    Ok(Answer::with(status, note.into()))
}

/// Deletes a note.
#[utoipa::path(
    delete, path = "/api/v1/notes/{id}", tag = "notes", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the note's id")),
    responses((status = 204, description = "the object is deleted")),
)]
pub async fn delete_note(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Note>,
) -> Result<StatusCode, Refusal> {
    let mut work = caller.work(&app).await?;
    let deleted = work.delete_note(id).await?;
    end_deletion::<Note>(work, id, deleted, AuditAction::NoteDeleted).await
}
