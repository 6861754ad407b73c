//! Notes beside the figures of some days, by users and by the program.

use chrono::{DateTime, NaiveDate, Utc};
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;
use stratum_models::time::{DayRange, UnixMillis};
use uuid::Uuid;

use super::audit::Actor;
use super::work::TenantWork;
use super::{damaged, store_error};

/// All that a user writes of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNote {
    /// The first day it is about.
    pub first_day: NaiveDate,
    /// The last one, not before the first.
    pub last_day: NaiveDate,
    /// The platform it is about; `None` for all.
    pub platform: Option<Platform>,
    /// The campaign it is about; `None` for all.
    pub campaign_id: Option<Uuid>,
    /// The text.
    pub text: String,
}

/// A stored note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The note's id.
    pub id: Uuid,
    /// The content that was written.
    pub content: NewNote,
    /// The user who wrote it; `None` for an API key or an operator.
    pub created_by: Option<Uuid>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// Which notes; the latest days first.
#[derive(Clone, Debug)]
pub struct NoteQuery {
    /// About one of these days.
    pub days: DayRange,
    /// About one of these platforms or all; about any where empty.
    pub platforms: Vec<Platform>,
    /// About this campaign or all.
    pub campaign_id: Option<Uuid>,
}

/// A thing that the program did and that may show in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemNote {
    /// When.
    pub at: DateTime<Utc>,
    /// The kind of thing.
    pub kind: SystemNoteKind,
    /// The dataset's or the connector's name.
    pub subject: String,
}

/// A kind of thing that the program did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SystemNoteKind {
    /// This version of a dataset's tracking configuration came into force.
    Tracking(u32),
    /// Reports of these days of the past were asked for.
    Backfill(Option<(NaiveDate, NaiveDate)>),
}

/// The last day that a note can be about.
const LAST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

impl TenantWork {
    /// Stores a note in the author's name. `Invalid` when the campaign is not the tenant's.
    pub async fn create_note(&mut self, new: &NewNote) -> Result<Uuid, StoreError> {
        let id = self.tools.ids.next();
        let author = match self.author.actor {
            Actor::User(user) => Some(user.0),
            _ => None,
        };
        let statement = sqlx::query_file!(
            "sql/insert_note.sql",
            id,
            self.key,
            new.first_day,
            new.last_day,
            new.platform.map(Platform::as_str),
            new.campaign_id,
            new.text,
            author,
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(id)
    }

    /// Writes a note anew; `false` when there is no such note.
    pub async fn update_note(&mut self, id: Uuid, new: &NewNote) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!(
            "sql/update_note.sql",
            self.key,
            id,
            new.first_day,
            new.last_day,
            new.platform.map(Platform::as_str),
            new.campaign_id,
            new.text,
            self.now()
        );
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Deletes a note; `false` when there is no such note.
    pub async fn delete_note(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!("sql/delete_note.sql", self.key, id);
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// The note of this id.
    pub async fn note(&mut self, id: Uuid) -> Result<Option<Note>, StoreError> {
        let first = NaiveDate::default();
        Ok(self.select_notes(Some(id), first, LAST_DAY, &[], None, 1).await?.pop())
    }

    /// The notes that are asked for, at most `limit`.
    pub async fn notes(&mut self, query: &NoteQuery, limit: i64) -> Result<Vec<Note>, StoreError> {
        let (first, last) = (query.days.from.0, query.days.to.0);
        self.select_notes(None, first, last, &query.platforms, query.campaign_id, limit).await
    }

    /// The number of the tenant's notes.
    pub async fn note_count(&mut self) -> Result<u64, StoreError> {
        let row = sqlx::query_file!("sql/count_notes.sql", self.key);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.notes.unsigned_abs())
    }

    async fn select_notes(
        &mut self,
        id: Option<Uuid>,
        first: NaiveDate,
        last: NaiveDate,
        platforms: &[Platform],
        campaign_id: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Note>, StoreError> {
        let platforms: Vec<String> = platforms.iter().map(|one| one.as_str().to_owned()).collect();
        let rows = sqlx::query_file!(
            "sql/select_notes.sql",
            self.key,
            id,
            first,
            last,
            &platforms,
            campaign_id,
            limit
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let notes = rows.into_iter().map(|row| {
            let platform = row.platform.as_deref();
            let known = |name| Platform::parse(name).ok_or_else(|| damaged("platform"));
            Ok(Note {
                id: row.id,
                content: NewNote {
                    first_day: row.first_day,
                    last_day: row.last_day,
                    platform: platform.map(known).transpose()?,
                    campaign_id: row.campaign_id,
                    text: row.text,
                },
                created_by: row.created_by,
                created_at: row.created_at,
                updated_at: row.updated_at,
            })
        });
        notes.collect()
    }

    /// The things that the program did between two instants, newest first, at most `limit`.
    pub async fn system_notes(
        &mut self,
        from: UnixMillis,
        until: UnixMillis,
        limit: i64,
    ) -> Result<Vec<SystemNote>, StoreError> {
        let (from, until) = (from.to_utc(), until.to_utc());
        let rows =
            sqlx::query_file!("sql/select_configuration_days.sql", self.key, from, until, limit);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let notes = rows.into_iter().map(|row| {
            let kind = match (row.kind.as_str(), row.version) {
                ("tracking", Some(version)) => SystemNoteKind::Tracking(version.unsigned_abs()),
                ("backfill", _) => SystemNoteKind::Backfill(row.first_day.zip(row.last_day)),
                _ => return Err(damaged("kind")),
            };
            Ok(SystemNote { at: row.at, kind, subject: row.subject })
        });
        notes.collect()
    }
}
