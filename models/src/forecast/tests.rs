//! Generated campaigns, edge cases, promises.

mod world;
mod accuracy;
mod edges;
mod agreement;
