#![doc = include_str!("../README.md")]

pub mod answer;
pub mod rights;
pub mod edge;
pub mod auth;
pub mod fields;
pub mod day;
pub mod paging;
pub mod body;
pub mod rules;
pub mod id;
pub mod live;
