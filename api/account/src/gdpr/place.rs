//! Every place where a person is kept: the one list that telling and erasing walk.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Value, json};
use stratum_http::answer::Refusal;
use stratum_http::auth::Authenticated;
use stratum_models::event_name::StandardEvent;
use stratum_models::export::ExportType;
use stratum_models::seal::SealedIdentifier;
use stratum_models::time::DayRange;
use stratum_state::audit::{AuditAction, AuditEntry, Author};
use stratum_state::export_job::{ExportJob, JobState};
use stratum_state::job::{JobKind, NO_TENANT};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::App;
use super::person::Person;
use super::refuse_last_admin;
use stratum_jobs::mail::folder::{Letters, letters_to};

/// A place where a person may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Files of exports of events.
    ExportFiles,
    /// Names of events that nobody else's have.
    EventNames,
    /// Conversion events.
    Events,
    /// The log that events come through.
    Log,
    /// Messages that wait to be sent, and those in the folder where no mail server is configured.
    Letters,
    /// Users.
    Users,
    /// Invitations.
    Invitations,
}

/// Every place, in the order that erasing goes: what is found by the events goes before them, and what
/// ends a way in last. Each has what is kept there, and what becomes of it.
const PLACES: [(Place, &str, &str); 7] = [
    (
        Place::ExportFiles,
        "files of exports whose days their events lie in; kept for some days, as configured",
        "the files are deleted, and exports that wait or run are ended",
    ),
    (
        Place::EventNames,
        "names of events that no other person's events have, in events and in sums",
        "the events of these names go, and what was counted of them",
    ),
    (
        Place::Events,
        "events with one of their identifiers, under the tenant's key; kept for 400 days",
        "identifiers, event ids and order ids go; figures stay",
    ),
    (
        Place::Log,
        "the same events under the same key, out of which nothing is answered; kept until the log's \
         retention ends, 7 days unless configured otherwise",
        "records stay until then; the list of erased identifiers keeps what they tell from landing again",
    ),
    (
        Place::Letters,
        "messages to their address: those that wait to be sent, sealed, and those in the folder where no mail \
         server is configured",
        "they are deleted; those that a mail server took are out of reach",
    ),
    (
        Place::Users,
        "users that they are, sealed, with sign-ins and sessions",
        "the user becomes nobody and can sign in no more",
    ),
    (Place::Invitations, "invitations that were sent to them, sealed", "they are deleted"),
];

/// The part of a person's data that is, or was, at a place.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceItem {
    /// Which.
    place: Place,
    /// The number of rows; of the log, of the identifiers that are looked for.
    count: u64,
    /// The data that is stored there about a person, and for how long.
    holds: &'static str,
    /// The way that the removal erases it there.
    erasing: &'static str,
}

impl PlaceItem {
    /// The place's name and count, for the audit log.
    pub fn count(&self) -> (String, serde_json::Value) {
        (json!(self.place).as_str().unwrap_or_default().to_owned(), self.count.into())
    }
}

/// A walk over the places, to count or to erase.
pub struct Walk<'a> {
    /// The stores.
    pub app: &'a App,
    /// Who asks.
    pub caller: &'a Authenticated,
    /// About whom.
    pub person: &'a Person,
    /// The seals that their events may be kept under.
    pub seals: &'a [SealedIdentifier],
    /// Whether what is found goes.
    pub erase: bool,
    /// Sessions that ended on the way.
    pub ended: Vec<Uuid>,
}

impl Walk<'_> {
    /// Goes to every place.
    pub async fn places(&mut self) -> Result<Vec<PlaceItem>, Refusal> {
        let mut items = Vec::with_capacity(PLACES.len());
        for (place, holds, erasing) in PLACES {
            let count = match place {
                Place::ExportFiles => self.export_files().await?,
                Place::EventNames => self.event_names().await?,
                Place::Events => self.events().await?,
                Place::Log => self.log().await?,
                Place::Letters => self.letters().await?,
                Place::Users => self.users().await?,
                Place::Invitations => self.invitations().await?,
            };
            items.push(PlaceItem { place, count, holds, erasing });
        }
        Ok(items)
    }

    async fn export_files(&self) -> Result<u64, Refusal> {
        let days = self.app.persons.person_days(self.caller.scope, self.seals).await?;
        let Some(days) = days else { return Ok(0) };
        let mut work = self.caller.work(self.app).await?;
        let (mut offset, mut found) = (0, Vec::new());
        loop {
            let some = work.export_jobs(EXPORTS_MAX, offset).await?;
            if some.is_empty() {
                break;
            }
            offset += EXPORTS_MAX;
            found.extend(some.into_iter().filter(|job| covers(job, days)));
        }
        if self.erase {
            for job in &found {
                let id = job.file.job;
                if work.end_export_job(id).await? {
                    let why = json!({"was": job.state, "erasure": true});
                    work.audit(&AuditEntry::done(AuditAction::ExportDeleted, "export", id, why))
                        .await?;
                }
            }
            work.commit().await?;
            for job in &found {
                // Where it lies on a disk that this process does not see, the jobs remove it.
                self.app.export_files.remove(job.file).await;
            }
        }
        Ok(found.len() as u64)
    }

    async fn event_names(&self) -> Result<u64, Refusal> {
        let scope = self.caller.scope;
        let names = self.app.persons.own_event_names(scope, self.seals).await?;
        let names: Vec<String> =
            names.into_iter().filter(|name| StandardEvent::parse(name).is_none()).collect();
        if self.erase && !names.is_empty() {
            self.app.persons.forget_event_names(scope, &names).await?;
        }
        Ok(names.len() as u64)
    }

    async fn events(&self) -> Result<u64, Refusal> {
        let (persons, scope) = (&self.app.persons, self.caller.scope);
        match self.erase {
            true => Ok(persons.forget_person(scope, self.seals).await?),
            false => Ok(persons.person_events(scope, self.seals, 0, 0).await?.total),
        }
    }

    /// The log is not looked through; what it tells of the person does not land again.
    async fn log(&self) -> Result<u64, Refusal> {
        Ok(self.seals.len() as u64)
    }

    async fn letters(&self) -> Result<u64, Refusal> {
        Ok(self.queued_letters().await? + self.letters_in_folder().await?)
    }

    async fn queued_letters(&self) -> Result<u64, Refusal> {
        let mut found = 0;
        let strangers =
            self.app.auth.state.system().await?.enter(NO_TENANT, Author::system()).await?;
        for mut work in [self.caller.work(self.app).await?, strangers] {
            for (kind, field) in ADDRESSED {
                for (id, input) in work.open_job_inputs(kind, JOBS_MAX).await? {
                    let address = input.get(field).and_then(Value::as_str);
                    if address.is_none_or(|address| !self.person.has_address(address)) {
                        continue;
                    }
                    found += 1;
                    if self.erase {
                        work.cancel_job(id).await?;
                    }
                }
            }
            if self.erase {
                work.commit().await?;
            }
        }
        Ok(found)
    }

    async fn letters_in_folder(&self) -> Result<u64, Refusal> {
        let Some(folder) = self.app.letters.clone() else { return Ok(0) };
        let (person, act) =
            (self.person.clone(), if self.erase { Letters::Remove } else { Letters::Count });
        let work = move || letters_to(&folder, &|address| person.has_address(address), act);
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(letters)) => Ok(letters),
            _ => Err(Refusal::unavailable("the stored e-mails cannot be read; try again")),
        }
    }

    async fn users(&mut self) -> Result<u64, Refusal> {
        let mut work = self.caller.work(self.app).await?;
        if !self.erase {
            return Ok(self.person.find(&mut work).await?.users.len() as u64);
        }
        work.lock_limits().await?;
        let found = refuse_last_admin(&mut work, self.person).await?;
        for user in &found.users {
            self.ended.extend(work.anonymize_user(user.id).await?);
        }
        work.commit().await?;
        Ok(found.users.len() as u64)
    }

    async fn invitations(&self) -> Result<u64, Refusal> {
        let mut work = self.caller.work(self.app).await?;
        let found = self.person.find(&mut work).await?;
        if self.erase {
            for invitation in &found.invitations {
                work.delete_invitation(invitation.id).await?;
            }
            work.commit().await?;
        }
        Ok(found.invitations.len() as u64)
    }
}

/// Exports looked at in one step.
const EXPORTS_MAX: i64 = 500;

/// Open jobs of a kind that are looked at: more than their queues hold.
const JOBS_MAX: i64 = 10_000;

/// The jobs whose input holds an address, and its field.
const ADDRESSED: [(JobKind, &str); 2] = [(JobKind::Mail, "to"), (JobKind::PasswordReset, "email")];

/// Whether a file has, or will have, events of these days.
fn covers(job: &ExportJob, days: DayRange) -> bool {
    let query = &job.request.query;
    matches!(job.state, JobState::Queued | JobState::Running | JobState::Done)
        && query.of == ExportType::Events
        && query.days.from <= days.to
        && days.from <= query.days.to
}

/// Where letters lie; `None` where a mail server takes them.
pub type LetterFolder = Option<PathBuf>;
