#![doc = include_str!("../README.md")]

pub mod discovery;
pub mod erase;
pub mod export;
pub mod fixes;
pub mod heads;
pub mod mail;
pub mod predict;
pub mod pull;
pub mod rates;
pub mod rules;
mod every;
mod pause;
mod queue;
mod signal;
mod tell;
mod worker;

pub use every::every;
pub use pause::Pause;
pub use queue::{Job, JobError, JobFault, JobLimits, LeasedJob, RunEnd, Step, new_job};
pub use signal::JobSignals;
pub use worker::{JobsConfig, Worker, WorkerMeans, sweep};
