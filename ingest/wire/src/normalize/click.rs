//! Ad clicks and the platforms' browser cookies. Meta's have a form with a time in it; the others'
//! are opaque.

use stratum_models::identifier::InvalidReason;
use stratum_models::platform::Platform;
use stratum_models::time::DAY_MS;

use super::hashed::is_appendix;
use super::{Forms, Rules, SKEW_MS, opaque_id};

/// The time for which a click may be credited with a conversion.
const CLICK_AGE_MS_MAX: i64 = 90 * DAY_MS;

/// The form of a trimmed click id: itself, without the appendix of Meta's parameter builders.
pub fn click_id(value: &str, rules: &Rules, out: &mut Forms) -> Result<(), InvalidReason> {
    if rules.platform != Some(Platform::Meta) {
        return opaque_id(value, out);
    }
    let cookie = Cookie::parse(value).ok_or(InvalidReason::Malformed)?;
    cookie.check(rules)?;
    if rules.event_time.0.saturating_sub(cookie.made_at_ms) > CLICK_AGE_MS_MAX {
        return Err(InvalidReason::Expired);
    }
    opaque_id(cookie.text, out)
}

/// The form of a trimmed browser id: itself, without the appendix of Meta's parameter builders.
/// Cookies are renewed, so one that was made long ago is as good as another.
pub fn browser_id(value: &str, rules: &Rules, out: &mut Forms) -> Result<(), InvalidReason> {
    if rules.platform != Some(Platform::Meta) {
        return opaque_id(value, out);
    }
    let cookie = Cookie::parse(value).ok_or(InvalidReason::Malformed)?;
    cookie.check(rules)?;
    opaque_id(cookie.text, out)
}

/// `fb.{subdomain index}.{milliseconds}.{payload}`.
struct Cookie<'a> {
    text: &'a str,
    made_at_ms: i64,
}

impl Cookie<'_> {
    fn parse(value: &str) -> Option<Cookie<'_>> {
        let mut parts = value.split('.');
        let (fb, index, made_at) = (parts.next()?, parts.next()?, parts.next()?);
        let payload = parts.next()?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let text = match (parts.next(), parts.next()) {
            (None, _) => value,
            (Some(appendix), None) if is_appendix(appendix) => {
                &value[..value.len() - appendix.len() - 1]
            }
            _ => return None,
        };
        let sound = fb == "fb"
            && index.len() == 1
            && digits(index)
            && made_at.len() == 13
            && digits(made_at)
            && !payload.is_empty()
            && payload.bytes().all(plain);
        if sound { Some(Cookie { text, made_at_ms: made_at.parse().ok()? }) } else { None }
    }

    fn check(&self, rules: &Rules) -> Result<(), InvalidReason> {
        if self.made_at_ms > rules.now.0.saturating_add(SKEW_MS) {
            return Err(InvalidReason::InFuture);
        }
        Ok(())
    }
}
