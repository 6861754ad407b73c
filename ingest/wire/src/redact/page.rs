//! Pages: what is kept of a URL. Paths and queries carry names, addresses and orders: nothing else of them
//! is looked at.

use std::net::Ipv4Addr;

use stratum_models::platform::Platform;

/// The longest campaign id.
const CAMPAIGN_BYTES_MAX: usize = 64;
/// The longest click id.
const CLICK_BYTES_MAX: usize = 512;
/// The longest host name of the DNS.
const HOST_BYTES_MAX: usize = 253;
/// Query parameters that are looked at.
const PARAMETERS_MAX: usize = 100;

/// The parts of a page's URL that are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page<'a> {
    /// The host, without user, port, path or query; `None` where it is an IP address.
    pub host: Option<&'a str>,
    /// The first click id of any platform.
    pub click_id: Option<&'a str>,
    /// The campaign: `utm_id`, `campaign_id` or `hsa_cam`.
    pub campaign_id: Option<&'a str>,
}

/// The parts of a URL that may be kept. All is `None` of a text that is none.
pub fn page(url: &str) -> Page<'_> {
    let Some(host) = host(url) else {
        return Page::default();
    };
    // An address may be somebody's, a name is the shop's.
    let named = Some(host).filter(|host| host.parse::<Ipv4Addr>().is_err());
    let mut page = Page { host: named, ..Page::default() };
    for (name, value) in parameters(url) {
        match name {
            "utm_id" | "campaign_id" | "hsa_cam" => {
                page.campaign_id = page.campaign_id.or(plain(value, CAMPAIGN_BYTES_MAX));
            }
            _ if platform_of(name).is_some() => {
                page.click_id = page.click_id.or(plain(value, CLICK_BYTES_MAX));
            }
            _ => {}
        }
    }
    page
}

/// The click id of `platform` in the query of a URL, as it stands there.
pub fn click_id(url: &str, platform: Platform) -> Option<&str> {
    host(url)?;
    parameters(url)
        .filter(|(name, _)| platform_of(name) == Some(platform))
        .find_map(|(_, value)| plain(value, CLICK_BYTES_MAX))
}

/// Whether a query parameter of this name holds a click id of any platform.
pub fn is_click_parameter(name: &str) -> bool {
    platform_of(name).is_some()
}

fn platform_of(parameter: &str) -> Option<Platform> {
    match parameter {
        "fbclid" => Some(Platform::Meta),
        "ttclid" => Some(Platform::Tiktok),
        "ScCid" | "sccid" => Some(Platform::Snapchat),
        "gclid" | "wbraid" | "gbraid" | "dclid" => Some(Platform::Google),
        "li_fat_id" => Some(Platform::Linkedin),
        "epik" => Some(Platform::Pinterest),
        _ => None,
    }
}

/// A value of letters, digits and `_ . -`: no other can be an id, and a decoded one would be a copy.
fn plain(value: &str, bytes_max: usize) -> Option<&str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let fits = !value.is_empty() && value.len() <= bytes_max && value.bytes().all(allowed);
    fits.then_some(value)
}

fn parameters(url: &str) -> impl Iterator<Item = (&str, &str)> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    query.split('&').take(PARAMETERS_MAX).filter_map(|pair| pair.split_once('='))
}

fn host(url: &str) -> Option<&str> {
    let url = url.trim();
    let (scheme, rest) = url.split_once("//")?;
    if !is_scheme(scheme) {
        return None;
    }
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.split_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some(_) => return None,
        None => host,
    };
    let allowed = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let sound = !host.is_empty() && host.len() <= HOST_BYTES_MAX && host.chars().all(allowed);
    sound.then_some(host)
}

/// `https:` and the like, or nothing before the two slashes.
fn is_scheme(text: &str) -> bool {
    let Some(name) = text.strip_suffix(':') else {
        return text.is_empty();
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.bytes().all(allowed)
}
