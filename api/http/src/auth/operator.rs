//! Who keeps the installation: a caller on this machine who can read the data folder.

use axum::extract::ConnectInfo;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use stratum_models::secret::Secret;

use super::authenticated::bearer;
use crate::edge::Peer;

/// Whether a request comes from this machine and with the token of the data folder; never where there is
/// no token.
pub fn is_operator(parts: &Parts, token: Option<&Secret>) -> bool {
    let peer = parts.extensions.get::<ConnectInfo<Peer>>();
    let is_local = peer.is_some_and(|peer| peer.0.0.ip().is_loopback());
    let sent = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let sent = sent.and_then(bearer).unwrap_or_default();
    is_local && token.is_some_and(|token| token.matches(sent))
}
