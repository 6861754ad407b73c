//! A body of ad reports, worked on without waiting.

use std::sync::Arc;

use stratum_models::directory::{ApiKeyHash, TenantAccess};
use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::platform::Platform;
use stratum_models::rejection::{RejectReason, Rejection, RowKind};

use super::answers::{Complaint, Detail};
use super::judge::{Fault, Judge, Judged, contradictions};
use super::rows::{Row, read_rows};
use crate::append::Ticket;
use crate::decode::Malformed;
use crate::decode::gzip::{self, Unpackable};
use crate::receive::{Denied, Door, Scratch, with_scratch};

/// Of a request with too many rows, so many times the bound are counted.
const COUNTED_TIMES: usize = 10;
/// Faults that an answer names at most.
const DETAILS_MAX: usize = 100;
/// Of a row that does not say: the log's layout has no platform for unknown.
const PLATFORM_UNKNOWN: Platform = Platform::Meta;

/// What became of a request, and the promise to wait for before it is said.
pub(super) struct Taken {
    pub(super) verdict: Result<usize, Complaint>,
    pub(super) ticket: Option<Ticket>,
}

/// The tenant a key opens.
pub(super) fn access(door: &Door, key: Option<ApiKeyHash>) -> Result<Arc<TenantAccess>, Complaint> {
    let key = key.ok_or_else(Complaint::no_key)?;
    Ok(door.directory.tenant(&key)?)
}

/// Takes a body.
pub(super) fn take(door: &Door, access: &TenantAccess, body: &[u8]) -> Taken {
    with_scratch(|Scratch { arena, unpacked, .. }| {
        let limits = &door.config;
        let body = match gzip::is_packed(body) {
            false => body,
            true => match gzip::unpack(body, limits.unpacked_bytes_max, unpacked) {
                Ok(()) => unpacked.as_slice(),
                Err(Unpackable::TooLarge) => {
                    let reason = RejectReason::TooLong;
                    return refuse_whole(door, access.tenant_id, reason, Denied::TooLarge.into());
                }
                Err(Unpackable::Damaged(malformed)) => {
                    return refuse_unreadable(door, access, malformed);
                }
            },
        };
        let keys = door.keys.of(access.tenant_id);
        let judge = Judge::new(&keys, door.clock.now(), limits);
        let mut rows = Rows::new(&judge, limits.ad_reports_max);
        if let Err(malformed) = read_rows(body, arena, &mut |row| rows.add(row)) {
            return refuse_unreadable(door, access, malformed);
        }
        rows.settle(door)
    })
}

/// Records that a request was refused of which nothing was read.
pub(super) fn refuse_unread(
    door: &Door,
    key: Option<ApiKeyHash>,
    denied: Denied,
) -> Option<Ticket> {
    let reason = match denied {
        Denied::TooLarge => RejectReason::TooLong,
        Denied::Slow | Denied::Broken => RejectReason::MalformedBody,
        Denied::Busy | Denied::Limited | Denied::Panicked => return None,
    };
    let access = access(door, key).ok()?;
    refuse_whole(door, access.tenant_id, reason, denied.into()).ticket
}

fn refuse_unreadable(door: &Door, access: &TenantAccess, malformed: Malformed) -> Taken {
    let complaint = Complaint::malformed(malformed);
    refuse_whole(door, access.tenant_id, RejectReason::MalformedBody, complaint)
}

/// Refuses a request whose rows are not known: one row stands for all.
fn refuse_whole(
    door: &Door,
    tenant_id: TenantId,
    reason: RejectReason,
    complaint: Complaint,
) -> Taken {
    refuse_rows(door, tenant_id, reason, 1, complaint)
}

/// Refuses so many rows of which nothing is known.
fn refuse_rows(
    door: &Door,
    tenant_id: TenantId,
    reason: RejectReason,
    rows: usize,
    complaint: Complaint,
) -> Taken {
    door.ad_reports.rejected(reason, rows);
    let row = Rejection {
        tenant_id,
        platform: PLATFORM_UNKNOWN,
        dataset_id: String::new(),
        kind: RowKind::AdReport,
        event_name: String::new(),
        reason,
        field: String::new(),
        received_at: door.clock.now(),
    };
    let ticket = door.appender.enqueue_rejections(Topic::AdReports, &vec![row; rows]).ok();
    Taken { verdict: Err(complaint), ticket }
}

/// The rows of a request, judged one by one.
struct Rows<'r> {
    judge: &'r Judge<'r>,
    rows_max: usize,
    /// Rows met, also those beyond the bound.
    met: usize,
    /// What stands for each row should the request be refused.
    origins: Vec<(Option<Platform>, String)>,
    judged: Vec<Judged>,
    /// Faulty rows: index, and what is wrong.
    faults: Vec<(usize, Fault)>,
    details: Vec<Detail>,
}

impl<'r> Rows<'r> {
    fn new(judge: &'r Judge<'r>, rows_max: usize) -> Rows<'r> {
        Rows {
            judge,
            rows_max,
            met: 0,
            origins: Vec::new(),
            judged: Vec::new(),
            faults: Vec::new(),
            details: Vec::new(),
        }
    }

    /// Whether reading may go on.
    fn add(&mut self, row: &Row<'_>) -> bool {
        let index = self.met;
        self.met += 1;
        if self.met > self.rows_max {
            return self.met < self.rows_max * COUNTED_TIMES;
        }
        self.origins.push((Judge::platform(row), self.judge.account(row)));
        match self.judge.judge(row) {
            Ok(judged) => self.judged.push(judged),
            Err(faults) => {
                for fault in faults {
                    let field = path(index, &fault);
                    self.detail(field, fault.message.to_owned());
                    self.faults.push((index, fault));
                }
            }
        }
        true
    }

    fn detail(&mut self, field: String, message: String) {
        if self.details.len() < DETAILS_MAX {
            self.details.push(Detail { field, message });
        }
    }

    fn settle(mut self, door: &Door) -> Taken {
        let tenant_id = self.judge.tenant_id();
        if self.met > self.rows_max {
            let complaint = Complaint::too_many(self.rows_max);
            return refuse_rows(door, tenant_id, RejectReason::TooManyRows, self.met, complaint);
        }
        if self.origins.is_empty() {
            let complaint = Complaint::broken_rules("the request holds no row", Vec::new());
            return refuse_whole(door, tenant_id, RejectReason::EmptyBatch, complaint);
        }
        // Only when all rows are reports do their indexes agree.
        if self.faults.is_empty() {
            self.find_contradictions();
        }
        if !self.faults.is_empty() {
            return self.refuse(door);
        }
        let rows = self.judged.len();
        if let Err(denied) = door.admit(tenant_id, rows) {
            return Taken { verdict: Err(denied.into()), ticket: None };
        }
        let (reports, splits) = Judged::apart(self.judged);
        match door.appender.enqueue_ad_reports(&reports, &splits) {
            Ok(ticket) => Taken { verdict: Ok(rows), ticket: Some(ticket) },
            Err(_) => Taken { verdict: Err(Denied::Busy.into()), ticket: None },
        }
    }

    fn find_contradictions(&mut self) {
        const MESSAGE: &str = "contradicts another row of the same platform, account, campaign, date, \
            part and version";
        for (index, earlier) in contradictions(&self.judged) {
            let fault =
                Fault { reason: RejectReason::InvalidValue, column: None, message: MESSAGE };
            self.detail(path(index, &fault), format!("{MESSAGE}: [{earlier}]"));
            self.faults.push((index, fault));
        }
    }

    fn refuse(self, door: &Door) -> Taken {
        let platform_known = self.origins.iter().find_map(|(platform, _)| *platform);
        let mut faults = self.faults.iter().peekable();
        let mut rows = Vec::with_capacity(self.origins.len());
        for (index, (platform, account_id)) in self.origins.into_iter().enumerate() {
            // The first fault of a row is its reason.
            let fault = faults.next_if(|(faulty, _)| *faulty == index).map(|(_, fault)| fault);
            while faults.next_if(|(faulty, _)| *faulty == index).is_some() {}
            let reason = fault.map_or(RejectReason::BatchRejected, |fault| fault.reason);
            door.ad_reports.rejected(reason, 1);
            rows.push(Rejection {
                tenant_id: self.judge.tenant_id(),
                platform: platform.or(platform_known).unwrap_or(PLATFORM_UNKNOWN),
                dataset_id: account_id,
                kind: RowKind::AdReport,
                event_name: String::new(),
                reason,
                field: fault.map(|fault| path(index, fault)).unwrap_or_default(),
                received_at: self.judge.now(),
            });
        }
        let ticket = door.appender.enqueue_rejections(Topic::AdReports, &rows).ok();
        let message = "some rows break a rule; none was taken";
        Taken { verdict: Err(Complaint::broken_rules(message, self.details)), ticket }
    }
}

/// `[3].spend`, counted from 0 without a CSV's line of names.
fn path(index: usize, fault: &Fault) -> String {
    match fault.column {
        Some(column) => format!("[{index}].{}", column.name()),
        None => format!("[{index}]"),
    }
}
