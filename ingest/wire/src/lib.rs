#![doc = include_str!("../README.md")]

pub mod limits;
pub mod decode;
pub mod hash;
pub mod normalize;
pub mod redact;
pub mod rejections;
pub mod dialect;
pub mod envelope;
pub mod ad_reports;
