//! Keys of identifiers that several platforms write alike in `user_data`.

use stratum_models::identifier::IdentifierKey as Key;

/// The identifier behind a key, with the key's path. Byte patterns compile to one decision on length and bytes;
/// patterns on `str` would be compared one by one.
pub(super) fn identifier_field(key: &str) -> Option<(Key, &'static str)> {
    Some(match key.as_bytes() {
        b"em" => (Key::Email, "user_data.em"),
        b"ph" => (Key::Phone, "user_data.ph"),
        b"fn" => (Key::FirstName, "user_data.fn"),
        b"ln" => (Key::LastName, "user_data.ln"),
        b"ge" => (Key::Gender, "user_data.ge"),
        b"db" => (Key::BirthDate, "user_data.db"),
        b"ct" => (Key::City, "user_data.ct"),
        b"st" => (Key::State, "user_data.st"),
        b"zp" => (Key::Zip, "user_data.zp"),
        b"country" => (Key::Country, "user_data.country"),
        b"external_id" => (Key::ExternalId, "user_data.external_id"),
        b"client_ip_address" => (Key::ClientIp, "user_data.client_ip_address"),
        b"client_user_agent" => (Key::UserAgent, "user_data.client_user_agent"),
        _ => return None,
    })
}
