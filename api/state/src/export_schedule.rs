//! Exports that are made again and again, each of the complete days before it.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Tz;
use stratum_models::export::{
    ExportQuery, ExportRequest, ExportType, FileCompression, FileFormat, columns_of,
};
use stratum_models::id::TenantId;
use stratum_models::name_set;
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};
use uuid::Uuid;

use super::work::{SystemWork, TenantWork};
use super::{damaged, store_error};

/// The hour of the tenant's day at which exports are made: platforms have told of the day before by then.
const HOUR: u32 = 6;

name_set! {
    /// The times at which an export is made, and the days that it is of.
    Repeat {
        /// Every morning, of the day before.
        Daily = "daily",
        /// On Mondays, of the week before.
        Weekly = "weekly",
        /// On the first of a month, of the month before.
        Monthly = "monthly",
    }
}

impl Repeat {
    /// The days of an export that is made on this day: the last whole period before it.
    pub fn days(self, today: NaiveDate) -> Option<DayRange> {
        let begin = self.begin(today);
        let from = match self {
            Repeat::Daily => begin.checked_sub_days(Days::new(1)),
            Repeat::Weekly => begin.checked_sub_days(Days::new(7)),
            Repeat::Monthly => begin.checked_sub_months(Months::new(1)),
        };
        DayRange::new(Day(from?), Day(begin.pred_opt()?))
    }

    /// When an export is made next after an instant.
    pub fn next(self, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let begin = self.begin(now.with_timezone(&zone).date_naive());
        let this = instant(begin, zone)?;
        if this > now {
            return Some(this);
        }
        let next = match self {
            Repeat::Daily => begin.checked_add_days(Days::new(1)),
            Repeat::Weekly => begin.checked_add_days(Days::new(7)),
            Repeat::Monthly => begin.checked_add_months(Months::new(1)),
        };
        instant(next?, zone)
    }

    /// The day on which the period of a day begins.
    fn begin(self, day: NaiveDate) -> NaiveDate {
        match self {
            Repeat::Daily => day,
            Repeat::Weekly => day - Days::new(day.weekday().num_days_from_monday().into()),
            Repeat::Monthly => day - Days::new(day.day0().into()),
        }
    }
}

/// The hour of a day in a zone; where clocks leave it out, the first instant after it.
fn instant(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let hours = (HOUR..24).filter_map(|hour| NaiveTime::from_hms_opt(hour, 0, 0));
    let mut instants =
        hours.filter_map(|time| zone.from_local_datetime(&day.and_time(time)).earliest());
    instants.next().map(|at| at.to_utc())
}

/// The export to be made at each time.
#[derive(Clone, Debug)]
pub struct NewExportSchedule {
    /// The schedule's name, unique in the tenant.
    pub name: String,
    /// The times of the export.
    pub repeat: Repeat,
    /// The kind of rows.
    pub of: ExportType,
    /// The form of the files.
    pub format: FileFormat,
    /// The compression of the files.
    pub compression: FileCompression,
    /// Of these platforms; of all where none is named.
    pub platforms: Vec<Platform>,
    /// The names of the columns, in their order; never empty.
    pub columns: Vec<String>,
}

impl NewExportSchedule {
    /// The export of these days; `None` where none of its columns is there any more.
    pub fn request(&self, days: DayRange, zone: Tz) -> Option<ExportRequest> {
        let known = self.columns.iter().filter(|name| self.of.column(name).is_some());
        let known: Vec<String> = known.cloned().collect();
        let query = ExportQuery {
            of: self.of,
            days,
            zone,
            platforms: self.platforms.clone(),
            columns: columns_of(self.of, &known).ok()?,
        };
        Some(ExportRequest { query, format: self.format, compression: self.compression })
    }
}

/// A stored schedule.
#[derive(Clone, Debug)]
pub struct ExportSchedule {
    /// The schedule's id.
    pub id: Uuid,
    /// The export that is made.
    pub content: NewExportSchedule,
    /// False while it rests.
    pub enabled: bool,
    /// When the next export is made.
    pub next_at: DateTime<Utc>,
    /// The last export it made.
    pub export_id: Option<Uuid>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

struct ExportScheduleRow {
    id: Uuid,
    name: String,
    repeat: String,
    of: String,
    format: String,
    compression: String,
    platforms: Vec<String>,
    columns: Vec<String>,
    enabled: bool,
    next_at: DateTime<Utc>,
    export_id: Option<Uuid>,
    created_at: DateTime<Utc>,
}

impl TryFrom<ExportScheduleRow> for ExportSchedule {
    type Error = StoreError;

    fn try_from(row: ExportScheduleRow) -> Result<ExportSchedule, StoreError> {
        let platforms = row.platforms.iter().map(|name| Platform::parse(name));
        let content = NewExportSchedule {
            name: row.name,
            repeat: Repeat::parse(&row.repeat).ok_or_else(|| damaged("repeat"))?,
            of: row.of.parse::<ExportType>().map_err(|_| damaged("export"))?,
            format: FileFormat::parse(&row.format).ok_or_else(|| damaged("format"))?,
            compression: FileCompression::parse(&row.compression)
                .ok_or_else(|| damaged("compression"))?,
            platforms: platforms.collect::<Option<_>>().ok_or_else(|| damaged("platforms"))?,
            columns: row.columns,
        };
        Ok(ExportSchedule {
            id: row.id,
            content,
            enabled: row.enabled,
            next_at: row.next_at,
            export_id: row.export_id,
            created_at: row.created_at,
        })
    }
}

impl TenantWork {
    /// Stores a schedule. `Conflict` when there is one of this name.
    pub async fn create_export_schedule(
        &mut self,
        new: &NewExportSchedule,
        next_at: DateTime<Utc>,
    ) -> Result<Uuid, StoreError> {
        let id = self.tools.ids.next();
        let platforms: Vec<String> =
            new.platforms.iter().map(|platform| platform.as_str().to_owned()).collect();
        let statement = sqlx::query_file!(
            "sql/insert_export_schedule.sql",
            id,
            self.key,
            new.name,
            new.repeat.as_str(),
            new.of.as_str(),
            new.format.as_str(),
            new.compression.as_str(),
            &platforms,
            &new.columns,
            next_at,
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(id)
    }

    /// The tenant's schedules, by name, at most 100.
    pub async fn export_schedules(&mut self) -> Result<Vec<ExportSchedule>, StoreError> {
        let rows =
            sqlx::query_file_as!(ExportScheduleRow, "sql/select_export_schedules.sql", self.key);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        rows.into_iter().map(ExportSchedule::try_from).collect()
    }

    /// Lets a schedule rest or go on; `false` when there is none of this id.
    pub async fn set_export_schedule(
        &mut self,
        id: Uuid,
        enabled: bool,
        next_at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let statement =
            sqlx::query_file!("sql/update_export_schedule.sql", self.key, id, enabled, next_at);
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Deletes a schedule; `false` when there is none of this id. What it made stays.
    pub async fn delete_export_schedule(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!("sql/delete_export_schedule.sql", self.key, id);
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// A schedule that is due, which nobody else plans until this work ends; `None` when it is not.
    pub async fn lock_due_export_schedule(
        &mut self,
        id: Uuid,
    ) -> Result<Option<ExportSchedule>, StoreError> {
        let (key, now) = (self.key, self.now());
        let row = sqlx::query_file_as!(
            ExportScheduleRow,
            "sql/lock_due_export_schedule.sql",
            key,
            id,
            now
        );
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(ExportSchedule::try_from).transpose()
    }

    /// Writes down when a schedule is due next, and the export it has just made.
    pub async fn plan_next_export(
        &mut self,
        id: Uuid,
        next_at: DateTime<Utc>,
        export: Option<Uuid>,
    ) -> Result<(), StoreError> {
        let statement =
            sqlx::query_file!("sql/update_export_schedule_due.sql", self.key, id, next_at, export);
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }
}

impl SystemWork {
    /// Schedules that are due, with their tenants.
    pub async fn due_export_schedules(
        &mut self,
        limit: i64,
    ) -> Result<Vec<(TenantId, Uuid)>, StoreError> {
        let rows = sqlx::query_file!("sql/select_due_export_schedules.sql", self.now(), limit);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        Ok(rows.into_iter().map(|row| (TenantId(row.tenant_id.unsigned_abs()), row.id)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn each_export_is_of_the_last_whole_period() {
        let days = |repeat: Repeat, today: &str| {
            let days = repeat.days(day(today)).unwrap();
            (days.from.0.to_string(), days.to.0.to_string())
        };
        let range = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(days(Repeat::Daily, "2026-03-01"), range("2026-02-28", "2026-02-28"));
        // A Monday, and a day when nobody ran on the Monday before.
        assert_eq!(days(Repeat::Weekly, "2026-11-30"), range("2026-11-23", "2026-11-29"));
        assert_eq!(days(Repeat::Weekly, "2026-12-02"), range("2026-11-23", "2026-11-29"));
        assert_eq!(days(Repeat::Monthly, "2028-03-01"), range("2028-02-01", "2028-02-29"));
        assert_eq!(days(Repeat::Monthly, "2027-01-15"), range("2026-12-01", "2026-12-31"));
    }

    #[test]
    fn the_next_one_is_made_in_the_morning_of_the_tenant() {
        let next = |repeat: Repeat, now: &str, zone: Tz| {
            repeat.next(now.parse().unwrap(), zone).unwrap().to_rfc3339()
        };
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(
            next(Repeat::Daily, "2026-11-28T04:59:59Z", berlin),
            "2026-11-28T05:00:00+00:00"
        );
        assert_eq!(
            next(Repeat::Daily, "2026-11-28T05:00:00Z", berlin),
            "2026-11-29T05:00:00+00:00"
        );
        // Clocks are put back in between.
        assert_eq!(
            next(Repeat::Weekly, "2026-10-24T10:00:00Z", berlin),
            "2026-10-26T05:00:00+00:00"
        );
        assert_eq!(
            next(Repeat::Monthly, "2026-12-01T06:00:00Z", berlin),
            "2027-01-01T05:00:00+00:00"
        );
        let cairo = chrono_tz::Africa::Cairo;
        assert_eq!(next(Repeat::Daily, "2026-11-28T22:30:00Z", cairo), "2026-11-29T04:00:00+00:00");
    }
}
