//! Rotating the keys that sign tokens, and signing with a key pair.

use std::os::unix::fs::PermissionsExt as _;

use jsonwebtoken::{Algorithm, decode_header};

use crate::fixture::Stratum;
use crate::signin::{call, is_open, sign_in};

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_a_listed_key_count_until_it_is_dropped() {
    let mut stratum = Stratum::start(&[]).await;
    let email = stratum.create_tenant("Nile Souq", "UTC", "EGP").await.create_user("viewer").await;
    let old = sign_in(&stratum, &email).await;
    let secret = std::fs::read_to_string(stratum.data_folder().join("secrets/secret_key")).unwrap();
    stratum.set("STRATUM__auth__token_algorithm", "EdDSA");
    stratum.set("STRATUM__auth__previous_keys", secret.trim());
    stratum.stop().await;
    stratum.restart().await;
    let new = sign_in(&stratum, &email).await;
    let (before, after) =
        (decode_header(&old.access).unwrap(), decode_header(&new.access).unwrap());
    assert_eq!((before.alg, after.alg), (Algorithm::HS256, Algorithm::EdDSA));
    assert!(before.kid.is_some() && after.kid.is_some() && before.kid != after.kid);
    for tokens in [&old, &new] {
        assert!(is_open(&stratum, stratum.url(), &tokens.access).await);
    }
    let (status, renewed) =
        call(&stratum, "refresh", &serde_json::json!({"refresh_token": old.refresh})).await;
    assert_eq!(status, 200, "{renewed}");
    let key = std::fs::metadata(stratum.data_folder().join("secrets/token_key.pem")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    stratum.set("STRATUM__auth__previous_keys", "");
    stratum.stop().await;
    stratum.restart().await;
    assert!(!is_open(&stratum, stratum.url(), &old.access).await, "a dropped key opens still");
    assert!(is_open(&stratum, stratum.url(), &new.access).await, "a session outlives a restart");
    stratum.stop().await;
}
