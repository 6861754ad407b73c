//! The making of a process: settings, secrets, engines, adapters, stages, and their end.
//! The only place that names adapters.

pub mod backup;
pub mod doctor;
pub mod settings;
mod system;
mod kept;
mod stores;
mod jobs;
mod listeners;
mod server;
mod probes;
mod process_health;
mod samples;
mod sign_in;
mod stage;
mod api;
mod exports;
mod roles;
mod process;
mod first_start;
mod operator;

pub use first_start::FirstUser;
pub use kept::write as write_private;
pub use operator::{Operator, migrate, open_forecasts, open_log};
pub use process::{Announcement, Process};
pub use roles::{Role, Roles};
pub use settings::Settings;
pub use stores::data_dir;
pub use system::{SystemClock, SystemEntropy};
