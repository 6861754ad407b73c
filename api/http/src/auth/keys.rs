//! The keys that sign tokens: one that signs, and older ones whose tokens still count. A token names
//! its key by `kid`, a hash of the key, so rotating is moving the old key to another setting.

use std::collections::HashMap;
use std::fmt::Write as _;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use pem::{EncodeConfig, LineEnding, Pem};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use stratum_models::entropy::Entropy;
use uuid::Uuid;

use super::AuthConfig;
use super::token::{Claims, TokenError};

/// The algorithm that signs tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenAlgorithm {
    /// With a secret that whoever verifies must have, too.
    #[serde(rename = "HS256")]
    Hs256,
    /// With Ed25519: others may verify with the public key.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

const HMAC_KEY_BYTES_MIN: usize = 32;
const PRIVATE_KEY: &str = "PRIVATE KEY";
const PUBLIC_KEY: &str = "PUBLIC KEY";
/// The bytes before the 32 of an Ed25519 key in a public key's DER.
const PUBLIC_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A key as it was configured.
enum Key {
    Hmac(Vec<u8>),
    /// PKCS #8, and the public half.
    Private(Vec<u8>, Vec<u8>),
    Public(Vec<u8>),
}

impl Key {
    fn parse(text: &str) -> Result<Key, TokenError> {
        if !text.contains("-----BEGIN") {
            let long = text.len() >= HMAC_KEY_BYTES_MIN;
            return long.then(|| Key::Hmac(text.as_bytes().to_vec())).ok_or(TokenError::Key);
        }
        let parsed = pem::parse(text).map_err(|_| TokenError::Key)?;
        let der = parsed.contents().to_vec();
        match parsed.tag() {
            PRIVATE_KEY => {
                let pair = Ed25519KeyPair::from_pkcs8(&der).map_err(|_| TokenError::Key)?;
                let public = pair.public_key().as_ref().to_vec();
                Ok(Key::Private(der, public))
            }
            PUBLIC_KEY => match der.strip_prefix(&PUBLIC_PREFIX[..]) {
                Some(key) if key.len() == 32 => Ok(Key::Public(key.to_vec())),
                _ => Err(TokenError::Key),
            },
            _ => Err(TokenError::Key),
        }
    }

    fn kid(&self) -> String {
        let (Key::Hmac(bytes) | Key::Private(_, bytes) | Key::Public(bytes)) = self;
        let hash = Sha256::new().chain_update(b"stratum token key\0").chain_update(bytes);
        hash.finalize()[..8].iter().fold(String::new(), |mut text, byte| {
            // Writing into a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    fn verifying(&self, issuer: &str) -> VerifyingKey {
        let (algorithm, key) = match self {
            Key::Hmac(secret) => (Algorithm::HS256, DecodingKey::from_secret(secret)),
            Key::Private(_, public) | Key::Public(public) => {
                (Algorithm::EdDSA, DecodingKey::from_ed_der(public))
            }
        };
        let mut validation = Validation::new(algorithm);
        // The end is compared with our own clock.
        validation.validate_exp = false;
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "sub", "iss", "aud"]);
        VerifyingKey { key, validation }
    }
}

/// Claims as they are signed.
#[derive(Serialize)]
struct TokenClaims<'a> {
    iss: &'a str,
    aud: &'static str,
    #[serde(flatten)]
    claims: &'a Claims,
}

struct VerifyingKey {
    key: DecodingKey,
    validation: Validation,
}

/// Who a token is for: the API of the installation that made it.
const AUDIENCE: &str = "stratum-api";

/// One key that signs, and every key that verifies.
pub struct KeyRing {
    issuer: String,
    header: Header,
    signing: EncodingKey,
    verifying: HashMap<String, VerifyingKey>,
}

impl KeyRing {
    /// The configured keys, for tokens of this installation alone. `Key` where one of them is none, or does
    /// not fit the algorithm.
    pub fn new(config: &AuthConfig, installation: Uuid) -> Result<KeyRing, TokenError> {
        let issuer = installation.urn().to_string();
        let first = Key::parse(config.secret_key.expose())?;
        let (algorithm, signing) = match (config.token_algorithm, &first) {
            (TokenAlgorithm::Hs256, Key::Hmac(secret)) => {
                (Algorithm::HS256, EncodingKey::from_secret(secret))
            }
            (TokenAlgorithm::EdDsa, Key::Private(pkcs8, _)) => {
                (Algorithm::EdDSA, EncodingKey::from_ed_der(pkcs8))
            }
            _ => return Err(TokenError::Key),
        };
        let header = Header { kid: Some(first.kid()), ..Header::new(algorithm) };
        let mut verifying = HashMap::from([(first.kid(), first.verifying(&issuer))]);
        for key in &config.previous_keys {
            let key = Key::parse(key.expose())?;
            verifying.insert(key.kid(), key.verifying(&issuer));
        }
        Ok(KeyRing { issuer, header, signing, verifying })
    }

    /// The signed text of these claims.
    pub fn sign(&self, claims: &Claims) -> Result<String, TokenError> {
        let claims = TokenClaims { iss: &self.issuer, aud: AUDIENCE, claims };
        jsonwebtoken::encode(&self.header, &claims, &self.signing).map_err(|_| TokenError::Unsigned)
    }

    /// The claims of a token, if one of the keys signed it for this installation. Its end is not looked at.
    pub fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        let by = header.kid.and_then(|kid| self.verifying.get(&kid)).ok_or(TokenError::Invalid)?;
        let decoded = jsonwebtoken::decode::<Claims>(token, &by.key, &by.validation);
        Ok(decoded.map_err(|_| TokenError::Invalid)?.claims)
    }
}

/// A new Ed25519 private key in PEM.
pub fn new_private_key(entropy: &dyn Entropy) -> Result<String, TokenError> {
    let mut seed = [0; 32];
    entropy.fill(&mut seed);
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| TokenError::Key)?;
    let der = pair.to_pkcs8v1().map_err(|_| TokenError::Key)?;
    let pem = Pem::new(PRIVATE_KEY, der.as_ref());
    Ok(pem::encode_config(&pem, EncodeConfig::new().set_line_ending(LineEnding::LF)))
}

#[cfg(test)]
mod tests {
    use stratum_models::id::{TenantId, UserId};
    use stratum_models::secret::Secret;
    use stratum_state::user::Role;
    use stratum_testing::entropy::CountingEntropy;

    use super::*;
    use crate::auth::token::TokenKind;

    const SECRET: &str = "a key of at least thirty-two bytes";

    fn ring(
        algorithm: TokenAlgorithm,
        key: &str,
        previous: &[&str],
    ) -> Result<KeyRing, TokenError> {
        of_installation(7, algorithm, key, previous)
    }

    fn of_installation(
        number: u128,
        algorithm: TokenAlgorithm,
        key: &str,
        previous: &[&str],
    ) -> Result<KeyRing, TokenError> {
        let config = AuthConfig {
            secret_key: Secret::new(key.to_owned()),
            previous_keys: previous.iter().map(|key| Secret::new((*key).to_owned())).collect(),
            token_algorithm: algorithm,
            ..AuthConfig::default()
        };
        KeyRing::new(&config, Uuid::from_u128(number))
    }

    #[test]
    fn two_installations_with_one_key_do_not_open_each_other() {
        let private = new_private_key(&CountingEntropy::default()).unwrap();
        for (algorithm, key) in [(TokenAlgorithm::Hs256, SECRET), (TokenAlgorithm::EdDsa, &private)]
        {
            let one = of_installation(1, algorithm, key, &[]).unwrap();
            let other = of_installation(2, algorithm, key, &[]).unwrap();
            let token = one.sign(&claims()).unwrap();
            assert_eq!(one.verify(&token), Ok(claims()));
            assert_eq!(other.verify(&token), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn a_token_names_the_installation_and_what_it_is_for() {
        let ring = ring(TokenAlgorithm::Hs256, SECRET, &[]).unwrap();
        for (iss, aud) in [(None, Some(AUDIENCE)), (Some("urn"), Some(AUDIENCE)), (Some(""), None)]
        {
            let mut said = serde_json::to_value(claims()).unwrap();
            let iss = if iss == Some("") { Some(ring.issuer.as_str()) } else { iss };
            for (name, value) in [("iss", iss), ("aud", aud)] {
                if let Some(value) = value {
                    said[name] = value.into();
                }
            }
            let token = jsonwebtoken::encode(&ring.header, &said, &ring.signing).unwrap();
            assert_eq!(ring.verify(&token), Err(TokenError::Invalid), "{iss:?} {aud:?}");
        }
    }

    fn claims() -> Claims {
        let (sub, tenant_id, role) = (UserId(Uuid::from_u128(7)), TenantId(3), Role::Analyst);
        let (jti, sid) = (Uuid::from_u128(8), Uuid::from_u128(9));
        Claims { sub, tenant_id, role, kind: TokenKind::Access, exp: 2, iat: 1, jti, sid }
    }

    fn public_key(private: &str) -> String {
        let Ok(Key::Private(_, public)) = Key::parse(private) else { panic!("no private key") };
        pem::encode(&Pem::new(PUBLIC_KEY, [&PUBLIC_PREFIX[..], &public].concat()))
    }

    #[test]
    fn a_rotated_key_verifies_as_long_as_it_is_listed() {
        let private = new_private_key(&CountingEntropy::default()).unwrap();
        let (hs, ed) = (TokenAlgorithm::Hs256, TokenAlgorithm::EdDsa);
        let by_secret = ring(hs, SECRET, &[]).unwrap().sign(&claims()).unwrap();
        let rotated = ring(ed, &private, &[SECRET]).unwrap();
        assert_eq!(rotated.verify(&by_secret), Ok(claims()));
        let by_private = rotated.sign(&claims()).unwrap();
        assert_eq!(rotated.verify(&by_private), Ok(claims()));
        let alone = ring(ed, &private, &[]).unwrap();
        assert_eq!(alone.verify(&by_secret), Err(TokenError::Invalid));
        // The public half is enough to go on verifying.
        let back = ring(hs, SECRET, &[&public_key(&private)]).unwrap();
        assert_eq!(back.verify(&by_private), Ok(claims()));
        let unlisted = ring(hs, SECRET, &[]).unwrap();
        assert_eq!(unlisted.verify(&by_private), Err(TokenError::Invalid));
    }

    /// The classic confusion: the public key, which is no secret, used as an HMAC secret.
    #[test]
    fn a_key_verifies_by_its_own_algorithm_only() {
        let private = new_private_key(&CountingEntropy::default()).unwrap();
        let ring = ring(TokenAlgorithm::EdDsa, &private, &[]).unwrap();
        let Ok(Key::Private(_, public)) = Key::parse(&private) else { panic!("no private key") };
        for secret in [public.as_slice(), public_key(&private).as_bytes()] {
            let header = Header { kid: ring.header.kid.clone(), ..Header::new(Algorithm::HS256) };
            let forged =
                jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(secret));
            assert_eq!(ring.verify(&forged.unwrap()), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        let private = new_private_key(&CountingEntropy::default()).unwrap();
        let (hs, ed) = (TokenAlgorithm::Hs256, TokenAlgorithm::EdDsa);
        let wrong = [(hs, "short"), (hs, ""), (hs, private.as_str()), (ed, SECRET)];
        for (algorithm, key) in wrong.into_iter().chain([(ed, public_key(&private).as_str())]) {
            assert_eq!(ring(algorithm, key, &[]).err(), Some(TokenError::Key));
        }
        assert_eq!(ring(hs, SECRET, &["short"]).err(), Some(TokenError::Key));
        assert_eq!(ring(hs, SECRET, &["-----BEGIN X"]).err(), Some(TokenError::Key));
    }
}
