//! Texts in clear without what in them tells of the person: what is left out is told by the caller, who
//! knows the person.

use std::borrow::Cow;

use bumpalo::Bump;

use crate::decode::Malformed;
use crate::decode::json::{Reader, Token};
use crate::redact::is_click_parameter;

/// The longest URL that is handed on.
pub const URL_BYTES_MAX: usize = 2048;
/// The longest object of data on products and the like that is handed on.
pub const CUSTOM_DATA_BYTES_MAX: usize = 16 * 1024;

/// An absolute URL without its fragment, and without the parameters in which `is_told` finds something, as
/// they stand or decoded; of one whose path tells something, the host alone, which is the shop's. `None`
/// for a text that is no URL of the web, holds a user, or is too long.
pub fn url_without(url: &str, is_told: impl Fn(&str) -> bool) -> Option<Cow<'_, str>> {
    let url = url.trim_ascii();
    let whole = url.split_once('#').map_or(url, |(before, _)| before);
    let (scheme, rest) = whole.split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let sound = |byte: u8| byte.is_ascii_graphic() || !byte.is_ascii();
    if !is_web || whole.len() > URL_BYTES_MAX || !whole.bytes().all(sound) {
        return None;
    }
    let host_end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(host_end);
    if authority.is_empty() || authority.contains('@') {
        return None;
    }
    let tells = |part: &str| is_told(part) || decoded(part).is_some_and(|text| is_told(&text));
    let (path, query) =
        rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    if path.split('/').any(&tells) {
        return Some(Cow::Owned(format!("{scheme}://{authority}/")));
    }
    let Some(query) = query else { return Some(Cow::Borrowed(whole)) };
    let goes_on = |parameter: &&str| {
        let name = parameter.split('=').next().unwrap_or_default();
        // The click is an id of the platform's own, which it wants back.
        is_click_parameter(name) || !parameter.split('=').any(&tells)
    };
    let mut kept = query.split('&').filter(goes_on);
    if query.split('&').count() == kept.clone().count() {
        return Some(Cow::Borrowed(whole));
    }
    let mut text = format!("{scheme}://{authority}{path}");
    if let Some(first) = kept.next() {
        text.extend(["?", first]);
        kept.for_each(|parameter| text.extend(["&", parameter]));
    }
    Some(Cow::Owned(text))
}

/// What stands behind percent signs and pluses; `None` where there is nothing of the kind.
fn decoded(part: &str) -> Option<String> {
    let is_coded = part.bytes().any(|byte| matches!(byte, b'%' | b'+'));
    // A part of a path may look like parameters: all of it is decoded.
    let pairs = is_coded.then(|| form_urlencoded::parse(part.as_bytes()))?;
    Some(pairs.flat_map(|(name, value)| [name, value]).collect())
}

/// The members of a JSON object in which `is_told` finds nothing in any key, text or number, and whether
/// all are there. `None` for what is no object, is too long, or has no such member.
pub fn custom_data_without<'a>(
    object: &'a str,
    arena: &'a Bump,
    is_told: impl Fn(&str) -> bool,
) -> (Option<Cow<'a, str>>, bool) {
    if object.len() > CUSTOM_DATA_BYTES_MAX {
        return (None, false);
    }
    match members(object, arena, is_told) {
        Ok(Members { kept, left_out: 0 }) if !kept.is_empty() => {
            (Some(Cow::Borrowed(object)), true)
        }
        Ok(Members { kept, left_out }) => {
            let text = (!kept.is_empty()).then(|| Cow::Owned(format!("{{{}}}", kept.join(","))));
            (text, left_out == 0)
        }
        Err(_) => (None, false),
    }
}

#[derive(Default)]
struct Members {
    /// Each with its key, as written.
    kept: Vec<String>,
    left_out: usize,
}

fn members<'a>(
    object: &'a str,
    arena: &'a Bump,
    is_told: impl Fn(&str) -> bool,
) -> Result<Members, Malformed> {
    let mut reader = Reader::new(object, arena);
    let mut members = Members::default();
    match reader.token()? {
        Token::Object => {}
        token => {
            reader.leave(token)?;
            return Ok(Members { left_out: 1, ..members });
        }
    }
    let mut first = true;
    while let Some(key) = reader.key(&mut first)? {
        let start = reader.position();
        // The value is read to its end whatever its key tells.
        let told = value_tells(&mut reader, &is_told)? | is_told(key);
        let value = reader.since(start);
        let is_plain = key.bytes().all(|byte| byte >= b' ' && !matches!(byte, b'"' | b'\\'));
        if told || !is_plain {
            members.left_out += 1;
        } else {
            members.kept.push(format!("\"{key}\":{value}"));
        }
    }
    reader.finish()?;
    Ok(members)
}

/// Reads the next value to its end, whatever is found in it.
fn value_tells(
    reader: &mut Reader<'_>,
    is_told: &impl Fn(&str) -> bool,
) -> Result<bool, Malformed> {
    // One bit a level, the innermost lowest; the reader's bound on depth keeps it within 64.
    let (mut objects, mut levels, mut firsts, mut told) = (0_u64, 0, [true; 65], false);
    loop {
        match reader.token()? {
            Token::Text(text) | Token::Number(text) => told |= is_told(text),
            Token::Null | Token::Bool(_) => {}
            open @ (Token::Object | Token::List) => {
                objects = objects << 1 | u64::from(open == Token::Object);
                levels += 1;
                firsts[levels] = true;
            }
        }
        loop {
            if levels == 0 {
                return Ok(told);
            }
            let first = &mut firsts[levels];
            let more = if objects & 1 == 1 {
                let key = reader.key(first)?;
                told |= key.is_some_and(is_told);
                key.is_some()
            } else {
                reader.element(first)?
            };
            if more {
                break;
            }
            objects >>= 1;
            levels -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_told(text: &str) -> bool {
        text.to_lowercase().contains("jane") || text.contains('@')
    }

    #[test]
    fn a_url_goes_on_without_what_tells_of_the_person() {
        for (url, expected) in [
            ("https://shop.example/a/b?x=1&y=2#jane", Some("https://shop.example/a/b?x=1&y=2")),
            (
                "https://shop.example/a?x=1&mail=jane@x.org&y=2",
                Some("https://shop.example/a?x=1&y=2"),
            ),
            ("https://shop.example/a?m=j%61ne&y=2", Some("https://shop.example/a?y=2")),
            ("https://shop.example/a?m=%6A%61ne", Some("https://shop.example/a")),
            ("https://shop.example/a?jane&y", Some("https://shop.example/a?y")),
            ("https://shop.example/of/J%61ne/1?x=1", Some("https://shop.example/")),
            ("https://shop.example/?fbclid=jane&x=jane", Some("https://shop.example/?fbclid=jane")),
            ("HTTP://shop.example", Some("HTTP://shop.example")),
            ("https://shop.example?a=b", Some("https://shop.example?a=b")),
            ("https://jane.example/?a=jane&b", Some("https://jane.example/?b")),
            ("https://shop:secret@shop.example/", None),
            ("javascript://x", None),
            ("/relative?x=1", None),
            ("https:///", None),
            ("https://shop.example/a b", None),
            ("", None),
        ] {
            assert_eq!(url_without(url, is_told).as_deref(), expected, "{url}");
        }
        let long = format!("https://shop.example/{}", "a".repeat(URL_BYTES_MAX));
        assert_eq!(url_without(&long, is_told), None);
    }

    #[test]
    fn custom_data_goes_on_without_members_that_tell_of_the_person() {
        let arena = Bump::new();
        for (object, expected, whole) in [
            (r#"{"a": 1, "b": [1, {"c": "d"}]}"#, r#"{"a": 1, "b": [1, {"c": "d"}]}"#, true),
            (r#"{"a": 1, "b": "of Jane", "c":true}"#, r#"{"a":1,"c":true}"#, false),
            (r#"{"a": [{"b": {"j\u0061ne": 1}}], "c": null}"#, r#"{"c":null}"#, false),
            (r#"{"jane": 1, "c": 2}"#, r#"{"c":2}"#, false),
            (r#"{"a": "jane"}"#, "", false),
            (r#"{"a\"b": 1, "c": [] }"#, r#"{"c":[]}"#, false),
            ("{}", "", true),
            ("[1]", "", false),
            (r#"{"a": 1"#, "", false),
        ] {
            let (text, is_whole) = custom_data_without(object, &arena, is_told);
            assert_eq!((text.as_deref().unwrap_or(""), is_whole), (expected, whole), "{object}");
        }
        let long = format!(r#"{{"a": "{}"}}"#, "b".repeat(CUSTOM_DATA_BYTES_MAX));
        assert_eq!(custom_data_without(&long, &arena, is_told), (None, false));
    }

    proptest! {
        #[test]
        fn nothing_that_tells_is_ever_in_what_goes_on(
            parts in prop::collection::vec("[a-z=%&?/#@.0-9]{0,8}|jane|J%61ne", 0..9),
        ) {
            let url = format!("https://shop.example/{}", parts.concat());
            if let Some(kept) = url_without(&url, is_told) {
                let all: String = form_urlencoded::parse(kept.as_bytes())
                    .map(|(name, value)| format!("{name}|{value}|"))
                    .collect();
                prop_assert!(!is_told(&kept) && !is_told(&all), "{} of {}", kept, url);
            }
        }

        #[test]
        fn what_goes_on_of_an_object_is_an_object(
            texts in prop::collection::vec("[a-z\"\\\\ ]{0,6}|jane", 0..6),
        ) {
            let list: Vec<_> = texts.iter().map(|text| serde_json::json!({ "in": [text] })).collect();
            let pairs = texts.iter().cloned().zip(list);
            let object = serde_json::Value::Object(pairs.collect()).to_string();
            let arena = Bump::new();
            if let (Some(kept), whole) = custom_data_without(&object, &arena, is_told) {
                let value: serde_json::Value = serde_json::from_str(&kept).unwrap();
                prop_assert!(value.is_object() && !is_told(&kept));
                prop_assert_eq!(whole, kept == object);
            }
        }
    }
}
