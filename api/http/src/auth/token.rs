//! Access and refresh tokens: signed claims without personal data.

use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use stratum_models::id::{TenantId, UserId};
use stratum_models::time::{DAY_MS, UnixMillis};
use stratum_state::session::ACCESS_LIFE_MAX;
use stratum_state::user::Role;
use uuid::Uuid;

use super::AuthConfig;
use super::keys::KeyRing;

/// A token that opens nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not one of ours, altered, or of another kind.
    #[error("the token is not valid")]
    Invalid,
    /// The token's time is over.
    #[error("the token has expired; sign in again")]
    Expired,
    /// It could not be made.
    #[error("the token could not be signed")]
    Unsigned,
    /// A key that cannot be used.
    #[error(
        "a token key is a text of at least 32 characters for HS256; for EdDSA an Ed25519 private key in \
         PEM (PKCS #8), or a public one where it only verifies"
    )]
    Key,
    /// A life that cannot be used.
    #[error(
        "access_token_minutes must be from 1 to 1440, refresh_token_days and session_days_max from 1 to 365"
    )]
    Life,
}

/// The claims of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: UserId,
    /// The user's tenant.
    pub tenant_id: TenantId,
    /// The user's role.
    pub role: Role,
    /// The kind of token.
    #[serde(rename = "type")]
    pub kind: TokenKind,
    /// Seconds since the epoch at which it ends.
    pub exp: i64,
    /// Seconds since the epoch at which it was made.
    pub iat: i64,
    /// The token's id.
    pub jti: Uuid,
    /// The session it belongs to: the sign-in and everything renewed from it.
    pub sid: Uuid,
}

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// Opens the API.
    Access,
    /// Is exchanged for a new pair, once.
    Refresh,
}

/// Whom a pair of tokens is for.
#[derive(Clone, Copy, Debug)]
pub struct Holder {
    /// The user.
    pub user: UserId,
    /// The user's tenant.
    pub tenant: TenantId,
    /// The user's role.
    pub role: Role,
    /// The session.
    pub session: Uuid,
}

/// The refresh token of a pair.
#[derive(Clone, Copy, Debug)]
pub struct RefreshToken {
    /// The token's id.
    pub id: Uuid,
    /// When it was made.
    pub made_at: UnixMillis,
    /// When it ends.
    pub ends_at: UnixMillis,
}

/// A pair of tokens. No `Debug`: whoever has them is signed in.
pub struct TokenPair {
    /// Opens the API.
    pub access: String,
    /// Is exchanged for the next pair.
    pub refresh: String,
}

/// Signs and verifies tokens.
pub struct Tokens {
    keys: KeyRing,
    access_s: i64,
    refresh_s: i64,
    session_ms: i64,
    /// By the SHA-256 of the token: what was verified once is not verified again.
    verified: Cache<[u8; 32], Claims>,
}

impl Tokens {
    /// Tokens of the configured keys and lives, for this installation alone.
    pub fn new(config: &AuthConfig, installation: Uuid) -> Result<Tokens, TokenError> {
        let access_s = i64::from(config.access_token_minutes) * 60;
        let (days, session_days) = (config.refresh_token_days, config.session_days_max);
        let is_life = |days: u32| (1..=365).contains(&days);
        if !(1..=ACCESS_LIFE_MAX.num_seconds()).contains(&access_s)
            || !is_life(days)
            || !is_life(session_days)
        {
            return Err(TokenError::Life);
        }
        Ok(Tokens {
            keys: KeyRing::new(config, installation)?,
            access_s,
            refresh_s: i64::from(days) * DAY_MS / 1000,
            session_ms: i64::from(session_days) * DAY_MS,
            verified: Cache::new(config.verified_tokens_max),
        })
    }

    /// Seconds an access token lives.
    pub fn access_s(&self) -> i64 {
        self.access_s
    }

    /// Seconds a refresh token lives.
    pub fn refresh_s(&self) -> i64 {
        self.refresh_s
    }

    /// When a refresh token made now ends.
    pub fn refresh_ends(&self, now: UnixMillis) -> UnixMillis {
        UnixMillis((now.0.div_euclid(1000) + self.refresh_s) * 1000)
    }

    /// When a session that begins now ends, however often it is renewed.
    pub fn session_ends(&self, now: UnixMillis) -> UnixMillis {
        UnixMillis(now.0 + self.session_ms)
    }

    /// A pair of tokens: an access token of this id made now, and a refresh token, which is the same text
    /// whenever it is asked for.
    pub fn pair(
        &self,
        holder: Holder,
        access_id: Uuid,
        refresh: RefreshToken,
        now: UnixMillis,
    ) -> Result<TokenPair, TokenError> {
        let Holder { user, tenant, role, session } = holder;
        let sign = |kind, made_at: UnixMillis, exp, jti| {
            let (sub, tenant_id, iat, sid) = (user, tenant, made_at.0.div_euclid(1000), session);
            self.keys.sign(&Claims { sub, tenant_id, role, kind, exp, iat, jti, sid })
        };
        let access_ends = now.0.div_euclid(1000) + self.access_s;
        let RefreshToken { id, made_at, ends_at } = refresh;
        Ok(TokenPair {
            access: sign(TokenKind::Access, now, access_ends, access_id)?,
            refresh: sign(TokenKind::Refresh, made_at, ends_at.0.div_euclid(1000), id)?,
        })
    }

    /// The claims of an access token, if it is ours and its time is not over. Whether its session was
    /// ended is another question.
    pub fn access(&self, token: &str, now: UnixMillis) -> Result<Claims, TokenError> {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let claims = match self.verified.get(&digest) {
            Some(claims) => claims,
            None => {
                let claims = self.verify(token, TokenKind::Access)?;
                self.verified.insert(digest, claims.clone());
                claims
            }
        };
        in_time(claims, now)
    }

    /// The claims of a refresh token, if it is ours and its time is not over.
    pub fn refresh(&self, token: &str, now: UnixMillis) -> Result<Claims, TokenError> {
        in_time(self.verify(token, TokenKind::Refresh)?, now)
    }

    fn verify(&self, token: &str, kind: TokenKind) -> Result<Claims, TokenError> {
        let claims = self.keys.verify(token)?;
        if claims.kind == kind { Ok(claims) } else { Err(TokenError::Invalid) }
    }
}

fn in_time(claims: Claims, now: UnixMillis) -> Result<Claims, TokenError> {
    if claims.exp <= now.0.div_euclid(1000) { Err(TokenError::Expired) } else { Ok(claims) }
}

#[cfg(test)]
mod tests {
    use stratum_models::secret::Secret;

    use super::*;

    fn tokens(key: &str) -> Tokens {
        let secret_key = Secret::new(key.to_owned());
        let config = AuthConfig { secret_key, ..AuthConfig::default() };
        Tokens::new(&config, Uuid::from_u128(1)).unwrap()
    }

    const KEY: &str = "a key of at least thirty-two bytes";
    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn pair(tokens: &Tokens) -> TokenPair {
        let holder = Holder {
            user: UserId(Uuid::from_u128(7)),
            tenant: TenantId(3),
            role: Role::Analyst,
            session: Uuid::from_u128(9),
        };
        let refresh = RefreshToken {
            id: Uuid::from_u128(10),
            made_at: NOW,
            ends_at: tokens.refresh_ends(NOW),
        };
        tokens.pair(holder, Uuid::from_u128(8), refresh, NOW).unwrap()
    }

    fn later(seconds: i64) -> UnixMillis {
        UnixMillis(NOW.0 + seconds * 1000)
    }

    #[test]
    fn a_token_says_who_it_was_made_for_until_its_time_is_over() {
        let tokens = tokens(KEY);
        let pair = pair(&tokens);
        let claims = tokens.access(&pair.access, NOW).unwrap();
        assert_eq!((claims.tenant_id, claims.role), (TenantId(3), Role::Analyst));
        assert_eq!((claims.exp - claims.iat, claims.sid), (1800, Uuid::from_u128(9)));
        // The second time it comes from memory, and ends all the same.
        assert!(tokens.access(&pair.access, UnixMillis(later(1800).0 - 1)).is_ok());
        assert_eq!(tokens.access(&pair.access, later(1800)), Err(TokenError::Expired));
        let week = 7 * 24 * 3600;
        let claims = tokens.refresh(&pair.refresh, later(week - 1)).unwrap();
        assert_eq!((claims.exp - claims.iat, claims.jti), (week, Uuid::from_u128(10)));
        assert_eq!(tokens.refresh(&pair.refresh, later(week)), Err(TokenError::Expired));
        assert_eq!(tokens.refresh_ends(NOW), later(week));
    }

    #[test]
    fn a_refresh_token_asked_for_again_is_the_same_text() {
        let tokens = tokens(KEY);
        let holder = Holder {
            user: UserId(Uuid::from_u128(7)),
            tenant: TenantId(3),
            role: Role::Analyst,
            session: Uuid::from_u128(9),
        };
        let refresh = RefreshToken { id: Uuid::from_u128(10), made_at: NOW, ends_at: later(60) };
        let pair =
            |access: u128, now| tokens.pair(holder, Uuid::from_u128(access), refresh, now).unwrap();
        let (first, second) = (pair(1, NOW), pair(2, later(9)));
        assert_eq!(first.refresh, second.refresh);
        assert_ne!(first.access, second.access);
        assert_eq!(tokens.access(&second.access, later(9)).unwrap().exp, later(9 + 1800).0 / 1000);
        assert_eq!(tokens.refresh(&first.refresh, later(60)), Err(TokenError::Expired));
    }

    #[test]
    fn neither_kind_serves_as_the_other() {
        let tokens = tokens(KEY);
        let pair = pair(&tokens);
        for _ in 0..2 {
            assert_eq!(tokens.access(&pair.refresh, NOW), Err(TokenError::Invalid));
            assert_eq!(tokens.refresh(&pair.access, NOW), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn foreign_and_altered_tokens_are_refused() {
        let ours = tokens(KEY);
        let token = pair(&ours).access;
        let foreign = tokens("another key, as long as the first");
        assert_eq!(foreign.access(&token, NOW), Err(TokenError::Invalid));
        for at in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'Q' } else { b'A' };
            // The last letter of a signature carries bits that do not count: compare what it says.
            if let Ok(claims) = ours.access(std::str::from_utf8(&altered).unwrap(), NOW) {
                assert_eq!(claims, ours.access(&token, NOW).unwrap(), "altered at {at}");
            }
        }
        for none in ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
            assert_eq!(ours.access(none, NOW), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let secret_key = Secret::new(KEY.to_owned());
        let config = AuthConfig { secret_key, verified_tokens_max: 10, ..AuthConfig::default() };
        let tokens = Tokens::new(&config, Uuid::from_u128(1)).unwrap();
        for user in 0..100 {
            let user = UserId(Uuid::from_u128(user));
            let session = Uuid::from_u128(9);
            let holder = Holder { user, tenant: TenantId(3), role: Role::Viewer, session };
            let refresh = RefreshToken { id: Uuid::nil(), made_at: NOW, ends_at: later(9) };
            let pair = tokens.pair(holder, Uuid::nil(), refresh, NOW).unwrap();
            assert_eq!(tokens.access(&pair.access, NOW).unwrap().sub, user);
        }
        assert!(tokens.verified.len() <= 10, "{}", tokens.verified.len());
    }

    #[test]
    fn a_life_out_of_bounds_is_refused() {
        for (minutes, days, session_days) in
            [(0, 7, 30), (1441, 7, 30), (30, 0, 30), (30, 366, 30), (30, 7, 0), (30, 7, 366)]
        {
            let config = AuthConfig {
                secret_key: Secret::new(KEY.to_owned()),
                access_token_minutes: minutes,
                refresh_token_days: days,
                session_days_max: session_days,
                ..AuthConfig::default()
            };
            assert_eq!(Tokens::new(&config, Uuid::nil()).err(), Some(TokenError::Life));
        }
    }
}
