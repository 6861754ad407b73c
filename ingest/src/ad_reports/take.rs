//! A body of ad reports, worked on without waiting.

use stratum_models::directory::TenantAccess;
use stratum_models::platform::Platform;
use stratum_models::rejection::{RejectReason, RowKind};
use stratum_wire::ad_reports::{Column, Fault, Judge, JudgedRow, Row, contradictions, read_rows};
use stratum_wire::rejections::Rejections;

use super::AdReports;
use super::answers::{Complaint, Detail};
use crate::receive::{Door, Memory, Verdict, refused_rows};

/// Of a request with too many rows, so many times the bound are counted.
const COUNTED_TIMES: usize = 10;
/// Faults that an answer names at most.
const DETAILS_MAX: usize = 100;

/// Takes a body.
pub(super) fn take(
    door: &Door,
    access: &TenantAccess,
    body: &[u8],
    memory: Memory<'_>,
) -> Verdict<Complaint> {
    let keys = door.keys.of(access.tenant_id);
    let judge = Judge::new(&keys, door.clock.now(), &door.limits);
    let mut rows = Rows::new(&judge, door.config.ad_reports_max);
    if let Err(malformed) = read_rows(body, memory.arena, &mut |row| rows.add(row)) {
        let rows = refused_rows::<AdReports>(door, access, RejectReason::MalformedBody, "", 1);
        return Verdict::Refused(malformed.into(), rows);
    }
    rows.settle(door, access)
}

/// The rows of a request, judged one by one.
struct Rows<'r> {
    judge: &'r Judge<'r>,
    rows_max: usize,
    /// Rows met, also those beyond the bound.
    met: usize,
    /// The platform and dataset that stand for each row should the request be refused.
    origins: Vec<(Option<Platform>, String)>,
    judged: Vec<JudgedRow>,
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
                    self.detail(field, &fault, fault.message.clone().into_owned());
                    self.faults.push((index, fault));
                }
            }
        }
        true
    }

    fn detail(&mut self, field: String, fault: &Fault, message: String) {
        if self.details.len() < DETAILS_MAX {
            self.details.push(Detail::new(field, fault.reason, message));
        }
    }

    fn settle(mut self, door: &Door, access: &TenantAccess) -> Verdict<Complaint> {
        let refused = |reason, rows, complaint| {
            Verdict::Refused(complaint, refused_rows::<AdReports>(door, access, reason, "", rows))
        };
        if self.met > self.rows_max {
            let complaint = Complaint::too_many(self.rows_max);
            return refused(RejectReason::TooManyRows, self.met, complaint);
        }
        if self.origins.is_empty() {
            let complaint = Complaint::broken_rules("the request holds no row", Vec::new());
            return refused(RejectReason::EmptyBatch, 1, complaint);
        }
        // Only when all rows are reports do their indexes agree.
        if self.faults.is_empty() {
            self.find_contradictions();
        }
        if !self.faults.is_empty() {
            return self.refuse();
        }
        let rows = self.judged.len();
        if let Err(denied) = door.admit(access.tenant_id, rows) {
            return Verdict::Denied(denied);
        }
        let (reports, splits) = JudgedRow::apart(self.judged);
        Verdict::enqueued(rows, door.appender.enqueue_ad_reports(&reports, &splits))
    }

    fn find_contradictions(&mut self) {
        const MESSAGE: &str = "contradicts another row of the same platform, account, campaign, date, \
            part and version";
        for (index, earlier) in contradictions(&self.judged) {
            let fault =
                Fault { reason: RejectReason::InvalidValue, column: None, message: MESSAGE.into() };
            self.detail(path(index, &fault), &fault, format!("{MESSAGE}: [{earlier}]"));
            self.faults.push((index, fault));
        }
    }

    fn refuse(self) -> Verdict<Complaint> {
        let (tenant_id, now) = (self.judge.tenant_id(), self.judge.now());
        let mut rejections = Rejections::new(tenant_id, None, RowKind::AdReport, now);
        let mut faults = self.faults.iter().peekable();
        for (index, (platform, account_id)) in self.origins.iter().enumerate() {
            // The first fault of a row is its reason.
            let fault = faults.next_if(|(faulty, _)| *faulty == index).map(|(_, fault)| fault);
            while faults.next_if(|(faulty, _)| *faulty == index).is_some() {}
            let reason = fault.map_or(RejectReason::BatchRejected, |fault| fault.reason);
            let field = fault.and_then(|fault| fault.column).map_or("", Column::name);
            rejections.add(*platform, account_id, "", reason, field, 1);
        }
        let message = "some rows break a rule; none was taken";
        let complaint = Complaint::broken_rules(message, self.details);
        Verdict::Refused(complaint, rejections.into_rows())
    }
}

/// `[3].spend`, counted from 0 without a CSV's line of names.
fn path(index: usize, fault: &Fault) -> String {
    match fault.column {
        Some(column) => format!("[{index}].{}", column.name()),
        None => format!("[{index}]"),
    }
}
