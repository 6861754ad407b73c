//! Access tokens: HS256, 30 minutes, no personal data.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use stratum_models::id::{TenantId, UserId};
use stratum_models::time::UnixMillis;
use uuid::Uuid;

use super::AuthConfig;
use crate::state::user::Role;

/// A token that opens nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not one of ours, altered, or of another kind.
    #[error("the access token is not valid")]
    Invalid,
    /// Its time is over.
    #[error("the access token has expired; sign in again")]
    Expired,
    /// It could not be made.
    #[error("the token could not be signed")]
    Unsigned,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: UserId,
    /// The user's tenant.
    pub tenant_id: TenantId,
    /// What the user may do.
    pub role: Role,
    /// The kind of token.
    #[serde(rename = "type")]
    pub kind: TokenKind,
    /// Seconds since the epoch at which it ends.
    pub exp: i64,
    /// Seconds since the epoch at which it was made.
    pub iat: i64,
    /// Its id.
    pub jti: Uuid,
}

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// Opens the API.
    Access,
}

/// Signs and verifies tokens.
#[derive(Clone)]
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    life_s: i64,
}

impl Tokens {
    /// Tokens of the configured key and life.
    pub fn new(config: &AuthConfig) -> Tokens {
        let key = config.secret_key.expose().as_bytes();
        let mut validation = Validation::new(Algorithm::HS256);
        // The end is compared with our own clock.
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["exp", "sub"]);
        Tokens {
            encoding: EncodingKey::from_secret(key),
            decoding: DecodingKey::from_secret(key),
            validation,
            life_s: i64::from(config.access_token_minutes) * 60,
        }
    }

    /// Seconds a token lives.
    pub fn life_s(&self) -> i64 {
        self.life_s
    }

    /// A token for a user, and what it says.
    pub fn issue(
        &self,
        user: UserId,
        tenant: TenantId,
        role: Role,
        jti: Uuid,
        now: UnixMillis,
    ) -> Result<(String, Claims), TokenError> {
        let iat = now.0.div_euclid(1000);
        let exp = iat + self.life_s;
        let kind = TokenKind::Access;
        let claims = Claims { sub: user, tenant_id: tenant, role, kind, exp, iat, jti };
        let header = Header::new(Algorithm::HS256);
        let token = jsonwebtoken::encode(&header, &claims, &self.encoding);
        Ok((token.map_err(|_| TokenError::Unsigned)?, claims))
    }

    /// What a token says, if it is ours and its time is not over.
    pub fn verify(&self, token: &str, now: UnixMillis) -> Result<Claims, TokenError> {
        let decoded = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation);
        let claims = decoded.map_err(|_| TokenError::Invalid)?.claims;
        if claims.exp <= now.0.div_euclid(1000) {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn tokens(key: &str) -> Tokens {
        Tokens::new(&AuthConfig {
            secret_key: Secret::new(key.to_owned()),
            ..AuthConfig::default()
        })
    }

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn issue(tokens: &Tokens) -> String {
        let user = UserId(Uuid::from_u128(7));
        tokens.issue(user, TenantId(3), Role::Analyst, Uuid::from_u128(8), NOW).unwrap().0
    }

    #[test]
    fn a_token_says_who_it_was_made_for_until_its_time_is_over() {
        let tokens = tokens("a key of at least thirty-two bytes");
        let token = issue(&tokens);
        let claims = tokens.verify(&token, NOW).unwrap();
        assert_eq!((claims.tenant_id, claims.role), (TenantId(3), Role::Analyst));
        assert_eq!(claims.exp - claims.iat, 1800);
        assert!(tokens.verify(&token, UnixMillis(NOW.0 + 1_799_999)).is_ok());
        let late = tokens.verify(&token, UnixMillis(NOW.0 + 1_800_000));
        assert_eq!(late, Err(TokenError::Expired));
    }

    #[test]
    fn foreign_and_altered_tokens_are_refused() {
        let ours = tokens("a key of at least thirty-two bytes");
        let token = issue(&ours);
        assert_eq!(
            tokens("another key, as long as the first").verify(&token, NOW),
            Err(TokenError::Invalid)
        );
        for at in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'Q' } else { b'A' };
            // The last letter of a signature carries bits that do not count: compare what it says.
            if let Ok(claims) = ours.verify(std::str::from_utf8(&altered).unwrap(), NOW) {
                assert_eq!(claims, ours.verify(&token, NOW).unwrap(), "altered at {at}");
            }
        }
        for none in ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
            assert_eq!(ours.verify(none, NOW), Err(TokenError::Invalid));
        }
    }
}
