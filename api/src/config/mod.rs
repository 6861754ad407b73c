//! Reading settings: defaults, then a file, then the environment, then flags. What can be set is in
//! [`crate::boot::Settings`] and, with every key explained, in `api/config/default.toml`.

pub mod load;
pub mod place;
pub mod placeholder;
mod renamed;

pub use load::{ConfigError, Loader};
pub use place::Surroundings;
