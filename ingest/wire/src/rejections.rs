//! Refused rows of one request, counted: those that were refused alike are one rejection.

use std::collections::HashMap;

use stratum_models::dialect::Dialect;
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_models::rejection::{RejectReason, Rejection, RowKind};
use stratum_models::time::UnixMillis;

/// Rejections of one request that are told apart by all they say. More are told apart by their reasons
/// alone, so that nobody makes many rows of few bytes.
const GROUPS_MAX: usize = 100;

/// Counts the refused rows of one tenant's request.
pub struct Rejections<'t> {
    tenant_id: TenantId,
    dialect: Option<Dialect>,
    kind: RowKind,
    received_at: UnixMillis,
    counts: HashMap<Group<'t>, u64>,
    /// In the order they were met.
    order: Vec<Group<'t>>,
}

/// The marks that rows refused alike have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Group<'t> {
    platform: Option<Platform>,
    dataset_id: &'t str,
    event_name: &'t str,
    reason: RejectReason,
    field: &'static str,
}

impl<'t> Rejections<'t> {
    /// No row yet, of a request in this dialect received then.
    pub fn new(
        tenant_id: TenantId,
        dialect: Option<Dialect>,
        kind: RowKind,
        received_at: UnixMillis,
    ) -> Rejections<'t> {
        let (counts, order) = (HashMap::new(), Vec::new());
        Rejections { tenant_id, dialect, kind, received_at, counts, order }
    }

    /// Adds so many rows. See [`Rejection`] for what the texts may say.
    pub fn add(
        &mut self,
        platform: Option<Platform>,
        dataset_id: &'t str,
        event_name: &'t str,
        reason: RejectReason,
        field: &'static str,
        rows: u64,
    ) {
        let group = Group { platform, dataset_id, event_name, reason, field };
        if let Some(count) = self.counts.get_mut(&group) {
            *count += rows;
            return;
        }
        let group = if self.order.len() < GROUPS_MAX {
            group
        } else {
            Group { platform: None, dataset_id: "", event_name: "", reason, field: "" }
        };
        *self.counts.entry(group).or_insert_with(|| {
            self.order.push(group);
            0
        }) += rows;
    }

    /// The rejections to keep, in the order their groups were met.
    pub fn into_rows(self) -> Vec<Rejection> {
        let Rejections { tenant_id, dialect, kind, received_at, counts, order } = self;
        let rejection = |group: Group<'t>| Rejection {
            tenant_id,
            dialect,
            platform: group.platform,
            dataset_id: group.dataset_id.to_owned(),
            kind,
            event_name: group.event_name.to_owned(),
            reason: group.reason,
            field: group.field.to_owned(),
            rows: counts.get(&group).copied().unwrap_or_default(),
            received_at,
        };
        order.into_iter().map(rejection).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejections<'t>() -> Rejections<'t> {
        Rejections::new(TenantId(7), None, RowKind::AdReport, UnixMillis(5))
    }

    #[test]
    fn rows_refused_alike_are_one_with_their_number() {
        let mut all = rejections();
        for _ in 0..1000 {
            all.add(None, "", "", RejectReason::MissingField, "platform", 1);
        }
        all.add(Some(Platform::Google), "a", "", RejectReason::BatchRejected, "", 30);
        all.add(None, "", "", RejectReason::MissingField, "platform", 5);
        let rows = all.into_rows();
        let shown: Vec<_> = rows.iter().map(|one| (one.platform, one.reason, one.rows)).collect();
        let google = (Some(Platform::Google), RejectReason::BatchRejected, 30);
        assert_eq!(shown, [(None, RejectReason::MissingField, 1005), google]);
    }

    #[test]
    fn rows_that_all_differ_are_few_rejections_all_the_same() {
        let accounts: Vec<String> = (0..10_000).map(|n| format!("act_{n}")).collect();
        let mut all = rejections();
        for account in &accounts {
            let reason = match account.len() {
                5 => RejectReason::MissingField,
                _ => RejectReason::InvalidValue,
            };
            all.add(Some(Platform::Meta), account, "", reason, "spend", 1);
        }
        let rows = all.into_rows();
        assert!(rows.len() <= GROUPS_MAX + 2, "{}", rows.len());
        assert_eq!(rows.iter().map(|one| one.rows).sum::<u64>(), 10_000);
    }
}
