//! Versions in the paths of vendors.

/// Whether a segment of a path is a version: `v24.0` or `v24`. Whichever it is, it is served.
pub(super) fn is_version(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(number) = text.strip_prefix('v') else { return false };
    match number.split_once('.') {
        Some((major, minor)) => digits(major) && digits(minor),
        None => digits(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_version_is_a_version() {
        assert!(["v1", "v24.0", "v999.12"].into_iter().all(is_version));
        assert!(["", "v", "v24.", "v.0", "24.0", "vx", "v1.0.0"].iter().all(|v| !is_version(v)));
    }
}
