//! Dates of birth.

use chrono::{Datelike, NaiveDate};
use stratum_models::identifier::InvalidReason;

use super::{Forms, Rules};

const YEAR_MIN: i32 = 1900;

/// The forms of a date of birth: `YYYYMMDD`. Where day and month could each be the other, both
/// readings: month first, as Meta's parameter builder reads, or day first where dots separate them.
pub fn birth_date(text: &str, rules: &Rules, out: &mut Forms) -> Result<(), InvalidReason> {
    let first = out.len();
    // A day ahead of ours is today somewhere.
    let latest = rules.now.to_utc().date_naive().succ_opt().unwrap_or(NaiveDate::MAX);
    let mut reason = InvalidReason::Malformed;
    for date in readings(text).into_iter().flatten() {
        if date > latest {
            reason = InvalidReason::InFuture;
        } else if date.year() >= YEAR_MIN {
            let digits = date.year() as u32 * 10_000 + date.month() * 100 + date.day();
            for place in (0..8).rev() {
                let digit = digits / 10_u32.pow(place) % 10;
                out.push(char::from(b'0' + digit as u8));
            }
            out.close(first);
        }
    }
    if out.len() == first { Err(reason) } else { Ok(()) }
}

fn readings(text: &str) -> [Option<NaiveDate>; 2] {
    let Some((groups, day_first)) = groups(text) else {
        return [None, None];
    };
    match groups {
        [Some(whole), None, None] if whole.len() == 8 => {
            let year_first = date(&whole[..4], &whole[4..6], &whole[6..]);
            let sound = year_first.is_some_and(|date| date.year() >= YEAR_MIN);
            if sound {
                return [year_first, None];
            }
            either(&whole[4..], &whole[..2], &whole[2..4], false)
        }
        [Some(year), Some(month), Some(day)] if year.len() == 4 => {
            [date(year, month, day).or_else(|| date(year, day, month)), None]
        }
        [Some(one), Some(other), Some(year)] if year.len() == 4 => {
            either(year, one, other, day_first)
        }
        _ => [None, None],
    }
}

/// Both readings of day and month, the likelier first.
fn either(year: &str, one: &str, other: &str, day_first: bool) -> [Option<NaiveDate>; 2] {
    let readings = [date(year, one, other), date(year, other, one)];
    if day_first { [readings[1], readings[0]] } else { readings }
}

fn date(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    if month.len() > 2 || day.len() > 2 {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// The first three groups of digits, and whether dots separate them. What follows three groups (a
/// time of day) is not looked at.
fn groups(text: &str) -> Option<([Option<&str>; 3], bool)> {
    let mut groups = [None; 3];
    let mut rest = text;
    let mut dots = false;
    for group in &mut groups {
        let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, after) = rest.split_at(end);
        if digits.is_empty() {
            return None;
        }
        *group = Some(digits);
        let Some(separator) = after.chars().next() else {
            return Some((groups, dots));
        };
        if !matches!(separator, '-' | '/' | '.' | ',' | '_' | ' ' | 't' | '年' | '月' | '日') {
            return None;
        }
        dots |= separator == '.';
        rest = after[separator.len_utf8()..].trim_start();
        if rest.is_empty() {
            return Some((groups, dots));
        }
    }
    Some((groups, dots))
}
