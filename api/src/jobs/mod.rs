//! Work that is done beside requests: jobs on one durable queue, and what is done now and then.
//!
//! A kind of job is a [`Job`]: what it is called, what it is given, and one step of it. The queue does the rest
//! ([`Worker`]): it claims fairly over tenants, holds the lease beside the work, writes each step's progress
//! under the lease, waits after a failure, gives up, and hands over when the process stops.

mod every;
mod pause;
mod queue;
mod signal;
mod worker;

pub use every::every;
pub use pause::Pause;
pub use queue::{Job, JobError, JobFault, JobLimits, LeasedJob, RunEnd, Step, new_job};
pub use signal::JobSignals;
pub use worker::{JobsConfig, Worker, WorkerMeans, sweep};
