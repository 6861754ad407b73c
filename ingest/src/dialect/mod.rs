//! Vendors' wire formats, one folder each: parse, rules, answers, fixtures.

pub mod meta;
