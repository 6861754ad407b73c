//! Files and connectors of ad reports, as their users meet them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it goes wrong")]

mod connector;
mod import;
mod import_figures;
mod columnar;
