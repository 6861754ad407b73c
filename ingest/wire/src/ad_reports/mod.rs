//! Rows of ad reports: a day of a campaign as its platform reports it, from a request, a file or a platform's API.
//!
//! Fields: `platform`, `account_id`, `campaign_id`, `campaign_name`, `date`, `currency`, `spend`, `impressions`,
//! `clicks`, `conversions`, `revenue` (or `conversion_value`), `version`; others are ignored. A row that names an ad
//! set (`ad_set_id`, `ad_set_name`), an ad (`ad_id`, `ad_name`), a `country` or a `device` is a part of the campaign's
//! day: it explains the day and does not count by itself. Amounts are in currency units. A report with the key of
//! an earlier one (platform, account, campaign, date) replaces it if its version is higher; without one the time
//! of receipt is the version.

mod rows;
mod id;
mod split;
mod judge;

pub use self::judge::{Fault, Judge, JudgedRow, contradictions};
pub use self::rows::{Column, Row, read_rows};
pub use self::split::ad_device;
