//! Where a sign-in comes from.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use stratum_http::edge::ClientIp;

/// The network and the kind of device of a request.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The address, or of IPv6 its network of 64 bits: what is one client.
    pub client: IpAddr,
    /// The kind of device, such as `Firefox on Linux`: of a user agent no more is kept.
    pub device: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Origin, Infallible> {
        let client = parts.extensions.get::<ClientIp>().map(|client| client.allowance_key());
        let agent = parts.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        let client = client.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(Origin { client, device: device(agent.unwrap_or_default()) })
    }
}

/// Names that browsers give themselves, those first that give themselves others, too.
const PROGRAMS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: &[(&str, &str)] = &[
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

fn device(agent: &str) -> String {
    let known = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (known(PROGRAMS), known(SYSTEMS)) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_user_agent_the_kind_of_device_is_kept() {
        for (agent, kept) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.9 ana@example.com", ""),
        ] {
            assert_eq!(device(agent), kept);
        }
    }
}
