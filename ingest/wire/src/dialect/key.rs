//! The key in a body. Of the body only so much is looked at as finds it: events are passed over.

use bumpalo::Bump;
use stratum_models::directory::ApiKeyHash;

use crate::decode::json::{Reader, Token};
use crate::decode::{self, Encoding, Malformed, form, multipart};

/// The first key of a body, unpacked already, in a field of one of these names; `None` where it has none as far
/// as it goes.
pub(super) fn key_in_body(body: &[u8], names: &[&str]) -> Result<Option<ApiKeyHash>, Malformed> {
    let text = match std::str::from_utf8(body) {
        // The body may go on within this character.
        Err(error) if error.error_len().is_none() => decode::text(&body[..error.valid_up_to()])?,
        _ => decode::text(body)?,
    };
    match decode::sniff(text) {
        Encoding::Json => in_json(text, names),
        Encoding::Form => in_form(text, names),
        Encoding::Multipart => in_multipart(text, names),
    }
}

fn hashed(token: &str) -> Option<ApiKeyHash> {
    let token = token.trim();
    (!token.is_empty()).then(|| ApiKeyHash::of(token))
}

fn in_json(text: &str, names: &[&str]) -> Result<Option<ApiKeyHash>, Malformed> {
    let arena = Bump::new();
    let mut reader = Reader::new(text, &arena);
    let token = reader.token()?;
    if token != Token::Object {
        return reader.leave(token).map(|()| None);
    }
    let mut first = true;
    while let Some(key) = reader.key(&mut first)? {
        if !names.contains(&key) {
            reader.skip()?;
            continue;
        }
        match reader.token()? {
            Token::Text(token) | Token::Number(token) => {
                if let Some(key) = hashed(token) {
                    return Ok(Some(key));
                }
            }
            token => reader.leave(token)?,
        }
    }
    Ok(None)
}

fn in_form(text: &str, names: &[&str]) -> Result<Option<ApiKeyHash>, Malformed> {
    let arena = Bump::new();
    for (name, value) in form::fields(text) {
        if names.contains(&form::decode(name, &arena)?)
            && let Some(key) = hashed(form::decode(value, &arena)?)
        {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

fn in_multipart(text: &str, names: &[&str]) -> Result<Option<ApiKeyHash>, Malformed> {
    let mut found = None;
    let read = multipart::parts(text, |name, content| {
        if found.is_none() && names.contains(&name) {
            found = hashed(content);
        }
        Ok(())
    });
    match found {
        Some(key) => Ok(Some(key)),
        None => read.map(|()| None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 2] = ["access_token", "accessKey"];

    #[test]
    fn a_key_is_found_wherever_it_stands_and_nothing_else_is_read() {
        let key = Some(ApiKeyHash::of("k+1"));
        for body in [
            r#"{"access_token":"k+1","data":[broken"#,
            r#"{"data":[{"access_token":"other"}],"accessKey":" k+1 "}"#,
            r#"{"access_token":null,"accessKey":"","access_token":"k+1"}"#,
            "data=%5Bbroken&access_token=k%2B1",
            "access_token=&accessKey=k%2B1&data=%ff",
            "--b\r\nContent-Disposition: form-data; name=\"access_token\"\r\n\r\nk+1\r\n--b\r\nX: y",
        ] {
            assert_eq!(key_in_body(body.as_bytes(), &NAMES), Ok(key), "{body}");
        }
        for body in ["", "{}", "[]", "[{\"access_token\":\"k\"}]", "x=1", "7"] {
            assert_eq!(key_in_body(body.as_bytes(), &NAMES), Ok(None), "{body}");
        }
        for body in [&b"{\"data\":[broken"[..], b"{", b"\xff{}", b"--b\r\nrubbish"] {
            assert!(key_in_body(body, &NAMES).is_err(), "{body:?}");
        }
    }

    #[test]
    fn a_body_may_break_off_within_a_character() {
        let body = "data=é".as_bytes();
        assert_eq!(key_in_body(&body[..body.len() - 1], &NAMES), Ok(None));
    }
}
