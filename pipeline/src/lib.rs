#![doc = include_str!("../README.md")]

mod run;
mod worker;
mod pace;
mod lane;
mod batch;
mod partition;
mod read;
mod decode;
pub mod dedupe;
mod land;
mod score;
mod roll_up;
mod statement;
mod transform;
mod commit;
mod announce;
mod retry;
pub mod config;
pub mod error;
pub mod telemetry;

pub use config::PipelineConfig;
pub use error::PipelineError;
pub use run::{Pipeline, run};
