//! The ids of requests.

use std::sync::Arc;

/// Longest id of a client's that is noted.
const CLIENTS_CHARS_MAX: usize = 64;

/// A request's id, as every handler may know it: ours, and behind a space the one that the client gave it,
/// where that reads like one. Ours never comes from a client, so no two requests look like one.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

impl RequestId {
    pub(super) fn new(ours: &str, clients: Option<&str>) -> RequestId {
        match clients.filter(|id| is_plain(id)) {
            Some(clients) => RequestId(format!("{ours} {clients}").into()),
            None => RequestId(ours.into()),
        }
    }

    /// Ours and the client's, of an id as it is written down.
    pub fn parts(written: &str) -> (&str, Option<&str>) {
        match written.split_once(' ') {
            Some((ours, clients)) => (ours, Some(clients)),
            None => (written, None),
        }
    }
}

fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=CLIENTS_CHARS_MAX).contains(&text.len()) && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_id_stands_beside_ours_where_it_is_plain() {
        let long = "x".repeat(65);
        for (clients, noted) in [
            (Some("mine-1_a.b"), Some("mine-1_a.b")),
            (Some("mine 2"), None),
            (Some("a\nb"), None),
            (Some(""), None),
            (Some(long.as_str()), None),
            (None, None),
        ] {
            let id = RequestId::new("ours", clients);
            assert_eq!(RequestId::parts(&id.0), ("ours", noted), "{clients:?}");
        }
    }
}
