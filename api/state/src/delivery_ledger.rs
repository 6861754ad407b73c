//! The ledger of deliveries on Postgres: ranges, what became of events, and who owns a partition.

mod records;

use async_trait::async_trait;
use sqlx::PgConnection;
use stratum_models::delivery::{
    DeadLetter, DeliveryHealth, DeliveryLedger, DeliveryRange, DeliveryRequest, OutcomeCount,
    Ownership, RANGES_MAX, RangeId, RangeKind, SettleError, Settlement,
};
use stratum_models::id::{DestinationId, TenantId};
use stratum_models::log::{Offset, PartitionId};
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use uuid::Uuid;

use super::audit::Author;
use super::work::SystemWork;
use super::{PostgresState, damaged, invalid, store_error, tenant_key};

fn partition_number(partition: PartitionId) -> Result<i32, StoreError> {
    i32::try_from(partition.0).map_err(|_| invalid("the partition is out of range"))
}

fn offset_number(offset: Offset) -> Result<i64, StoreError> {
    i64::try_from(offset.0).map_err(|_| invalid("the offset is out of range"))
}

fn range_number(range: RangeId) -> i64 {
    i64::try_from(range.0).unwrap_or(i64::MAX)
}

struct RangeRow {
    id: i64,
    destination_id: Uuid,
    kind: String,
    next_offset: i64,
    end_offset: Option<i64>,
    not_before: i64,
}

impl TryFrom<RangeRow> for DeliveryRange {
    type Error = StoreError;
    fn try_from(row: RangeRow) -> Result<DeliveryRange, StoreError> {
        Ok(DeliveryRange {
            id: RangeId(row.id.unsigned_abs()),
            destination: DestinationId(row.destination_id),
            kind: RangeKind::parse(&row.kind).ok_or_else(|| damaged("kind of a range"))?,
            next: Offset(row.next_offset.unsigned_abs()),
            to: row.end_offset.map(|end| Offset(end.unsigned_abs())),
            not_before: UnixMillis(row.not_before),
        })
    }
}

fn ranges(rows: Vec<RangeRow>) -> Result<Vec<DeliveryRange>, StoreError> {
    rows.into_iter().map(DeliveryRange::try_from).collect()
}

/// A new range of a destination.
struct NewRange {
    tenant: i64,
    destination: Uuid,
    partition: i32,
    kind: RangeKind,
    next: Offset,
    to: Offset,
    not_before: UnixMillis,
}

async fn insert_range(connection: &mut PgConnection, new: NewRange) -> Result<RangeId, StoreError> {
    let statement = sqlx::query_file!(
        "sql/insert_delivery_range.sql",
        new.tenant,
        new.destination,
        new.partition,
        new.kind.as_str(),
        offset_number(new.next)?,
        offset_number(new.to)?,
        new.not_before.0
    );
    let row = statement.fetch_one(connection).await.map_err(store_error)?;
    Ok(RangeId(row.id.unsigned_abs()))
}

impl SystemWork {
    /// `Fenced` where another owner came since. No other comes until this work ends.
    async fn check_owner(&mut self, owned: Ownership) -> Result<(), SettleError> {
        let partition = partition_number(owned.partition)?;
        let row = sqlx::query_file!("sql/lock_delivery_owner.sql", partition);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        match row {
            Some(row) if row.epoch.unsigned_abs() == owned.epoch => Ok(()),
            _ => Err(SettleError::Fenced),
        }
    }

    /// Moves a range; its destination and tenant.
    async fn move_range(
        &mut self,
        owned: Ownership,
        one: &Settlement,
    ) -> Result<(Uuid, i64), SettleError> {
        let moved = || SettleError::Moved(one.range);
        if one.next < one.from {
            return Err(moved());
        }
        let (id, partition) = (range_number(one.range), partition_number(owned.partition)?);
        let (from, next) = (offset_number(one.from)?, offset_number(one.next)?);
        let row = sqlx::query_file!("sql/settle_delivery_range.sql", id, partition, from, next);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        if let Some(row) = row {
            return Ok((row.destination_id, row.tenant_id));
        }
        let row = sqlx::query_file!("sql/end_delivery_range.sql", id, partition, from, next);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(|row| (row.destination_id, row.tenant_id)).ok_or_else(moved)
    }

    async fn skip_range(
        &mut self,
        partition: PartitionId,
        range: RangeId,
        to: Offset,
    ) -> Result<(), SettleError> {
        let number = partition_number(partition)?;
        let rows = sqlx::query_file!("sql/lock_delivery_ranges.sql", number, range_number(range));
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let is_full = rows.len() >= RANGES_MAX;
        let live = rows.iter().find(|row| row.id == range_number(range));
        let live = live.ok_or(SettleError::Moved(range))?;
        let end = offset_number(to)?;
        if live.kind != RangeKind::Live.as_str() || live.next_offset >= end {
            return Ok(());
        }
        let statement = sqlx::query_file!("sql/update_range_next.sql", live.id, end);
        statement.execute(self.connection()).await.map_err(store_error)?;
        let gaps = rows.iter().filter(|row| row.kind == RangeKind::Gap.as_str());
        // The one that reaches furthest is the only one that can end where this begins.
        match gaps.max_by_key(|gap| gap.end_offset) {
            Some(gap) if gap.end_offset == Some(live.next_offset) || is_full => {
                let statement = sqlx::query_file!("sql/update_range_end.sql", gap.id, end);
                statement.execute(self.connection()).await.map_err(store_error)?;
            }
            _ => {
                let new = NewRange {
                    tenant: live.tenant_id,
                    destination: live.destination_id,
                    partition: number,
                    kind: RangeKind::Gap,
                    next: Offset(live.next_offset.unsigned_abs()),
                    to,
                    not_before: UnixMillis(0),
                };
                insert_range(self.connection(), new).await?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl DeliveryLedger for PostgresState {
    async fn own(&self, partition: PartitionId) -> Result<Ownership, StoreError> {
        let mut work = self.system().await?;
        let number = partition_number(partition)?;
        let row = sqlx::query_file!("sql/advance_delivery_owner.sql", number);
        let row = row.fetch_one(work.connection()).await.map_err(store_error)?;
        work.commit().await?;
        Ok(Ownership { partition, epoch: row.epoch.unsigned_abs() })
    }

    async fn ranges(&self, owned: Ownership) -> Result<Vec<DeliveryRange>, SettleError> {
        let mut work = self.system().await?;
        work.check_owner(owned).await?;
        let partition = partition_number(owned.partition)?;
        let rows = sqlx::query_file_as!(RangeRow, "sql/select_delivery_ranges.sql", partition);
        Ok(ranges(rows.fetch_all(work.connection()).await.map_err(store_error)?)?)
    }

    async fn start(
        &self,
        tenant: TenantId,
        destination: DestinationId,
        partition: PartitionId,
        at: Offset,
    ) -> Result<(), StoreError> {
        let (tenant, number) = (tenant_key(tenant)?, partition_number(partition)?);
        let mut work = self.system().await?;
        let insert =
            sqlx::query_file!("sql/insert_delivery_lane.sql", destination.0, tenant, number);
        insert.execute(work.connection()).await.map_err(store_error)?;
        let lane = sqlx::query_file!("sql/lock_delivery_lane.sql", destination.0);
        let lane = lane.fetch_one(work.connection()).await.map_err(store_error)?;
        if (lane.tenant_id, lane.partition) != (tenant, number) {
            return Err(invalid("the destination is another tenant's or lies elsewhere"));
        }
        let at = offset_number(at)?;
        let insert =
            sqlx::query_file!("sql/insert_live_range.sql", tenant, destination.0, number, at);
        insert.execute(work.connection()).await.map_err(store_error)?;
        work.commit().await
    }

    async fn skip(&self, owned: Ownership, range: RangeId, to: Offset) -> Result<(), SettleError> {
        let mut work = self.system().await?;
        work.check_owner(owned).await?;
        work.skip_range(owned.partition, range, to).await?;
        Ok(work.commit().await?)
    }

    async fn replay(
        &self,
        scope: TenantScope,
        destination: DestinationId,
        (from, to): (Offset, Offset),
        not_before: UnixMillis,
    ) -> Result<RangeId, StoreError> {
        if from >= to {
            return Err(invalid("there is nothing between"));
        }
        let mut work = self.tenant(scope, Author::operator()).await?;
        let lane = sqlx::query_file!("sql/lock_delivery_lane.sql", destination.0);
        let lane = lane.fetch_optional(work.connection()).await.map_err(store_error)?;
        let lane = lane.ok_or_else(|| invalid("no such destination"))?;
        let key = work.key;
        let rows =
            sqlx::query_file_as!(RangeRow, "sql/select_destination_ranges.sql", key, destination.0);
        let rows = rows.fetch_all(work.connection()).await.map_err(store_error)?;
        // The last place is kept for a gap: what comes in must never be lost for what came before.
        if rows.len() + 1 >= RANGES_MAX {
            return Err(invalid("the destination has as many ranges as it may"));
        }
        let new = NewRange {
            tenant: key,
            destination: destination.0,
            partition: lane.partition,
            kind: RangeKind::Replay,
            next: from,
            to,
            not_before,
        };
        let id = insert_range(work.connection(), new).await?;
        work.commit().await.map(|()| id)
    }

    async fn settle(
        &self,
        owned: Ownership,
        settlements: Vec<Settlement>,
    ) -> Result<(), SettleError> {
        let mut work = self.system().await?;
        work.check_owner(owned).await?;
        for one in settlements {
            let of = work.move_range(owned, &one).await?;
            work.keep_settlement(of, &one).await?;
        }
        Ok(work.commit().await?)
    }

    async fn unsettled(&self, partition: PartitionId) -> Result<Option<Offset>, StoreError> {
        let mut work = self.system().await?;
        let number = partition_number(partition)?;
        let row = sqlx::query_file!("sql/select_unsettled_offset.sql", number);
        let row = row.fetch_one(work.connection()).await.map_err(store_error)?;
        Ok(row.next_offset.map(|next| Offset(next.unsigned_abs())))
    }

    async fn counts(
        &self,
        scope: TenantScope,
        destination: DestinationId,
        hours: (UnixMillis, UnixMillis),
    ) -> Result<Vec<OutcomeCount>, StoreError> {
        let mut work = self.tenant(scope, Author::operator()).await?;
        work.delivery_counts(destination, hours).await
    }

    async fn dead_letters(
        &self,
        scope: TenantScope,
        destination: DestinationId,
        count_max: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let mut work = self.tenant(scope, Author::operator()).await?;
        work.dead_letters(destination, count_max).await
    }

    async fn ranges_of(
        &self,
        scope: TenantScope,
        destination: DestinationId,
    ) -> Result<Vec<DeliveryRange>, StoreError> {
        let mut work = self.tenant(scope, Author::operator()).await?;
        let (key, id) = (work.key, destination.0);
        let rows = sqlx::query_file_as!(RangeRow, "sql/select_destination_ranges.sql", key, id);
        ranges(rows.fetch_all(work.connection()).await.map_err(store_error)?)
    }

    async fn requests(
        &self,
        scope: TenantScope,
        destination: DestinationId,
    ) -> Result<Vec<DeliveryRequest>, StoreError> {
        let mut work = self.tenant(scope, Author::operator()).await?;
        work.delivery_requests(destination).await
    }

    async fn health(
        &self,
        scope: TenantScope,
        destination: DestinationId,
    ) -> Result<Option<DeliveryHealth>, StoreError> {
        let mut work = self.tenant(scope, Author::operator()).await?;
        work.delivery_health(destination).await
    }

    async fn forget_dead_letters(&self, now: UnixMillis) -> Result<u64, StoreError> {
        let mut work = self.system().await?;
        let statement = sqlx::query_file!("sql/delete_old_dead_letters.sql", now.0);
        let done = statement.execute(work.connection()).await.map_err(store_error)?;
        work.commit().await.map(|()| done.rows_affected())
    }
}
