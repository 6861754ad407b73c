//! What is handed on, in Meta's words: the body of a request, written straight from the rows.

use stratum_models::identifier::IdentifierKey as Key;
use stratum_models::money::MICROS;

use crate::decode::json::{Reader, Token};
use crate::envelope::{ClearIdKind, OutboundEvent};
use crate::hash::to_hex;

/// Events that one request of Meta's may hold.
pub const SPOKEN_EVENTS_MAX: usize = 1000;

/// A request to Meta that is being written.
pub struct SpokenRequest {
    body: Vec<u8>,
    events: usize,
}

impl Default for SpokenRequest {
    fn default() -> Self {
        SpokenRequest { body: br#"{"data":["#.to_vec(), events: 0 }
    }
}

impl SpokenRequest {
    /// Adds an event behind those before.
    pub fn push(&mut self, event: &OutboundEvent<'_>) {
        if self.events > 0 {
            self.body.push(b',');
        }
        self.events += 1;
        let mut object = Object::open(&mut self.body);
        object.text("event_name", event.event_name);
        object.raw("event_time", &event.event_time_ms.div_euclid(1000).to_string());
        object.text("event_id", event.event_id);
        object.text("action_source", event.action_source.as_str());
        if let Some(url) = event.source_url {
            object.text("event_source_url", url);
        }
        if event.opt_out {
            object.raw("opt_out", "true");
        }
        if event.limited_data_use {
            object.raw("data_processing_options", r#"["LDU"]"#);
            // Meta tells where somebody is by itself where both are 0.
            let (country, state) = event.limited_data_use_codes.unwrap_or_default();
            object.raw("data_processing_options_country", &country.to_string());
            object.raw("data_processing_options_state", &state.to_string());
        }
        object.key("user_data");
        user_data(object.body, event);
        custom_data(&mut object, event);
        object.close();
    }

    /// How many events it holds.
    pub fn events(&self) -> usize {
        self.events
    }

    /// How many bytes it has so far.
    pub fn byte_len(&self) -> usize {
        self.body.len()
    }

    /// The whole body. With a code, Meta shows the events among its test events, and counts them all the same.
    pub fn finish(mut self, test_code: Option<&str>) -> Vec<u8> {
        self.body.push(b']');
        if let Some(code) = test_code {
            self.body.extend_from_slice(br#","test_event_code":"#);
            write_text(&mut self.body, code);
        }
        self.body.push(b'}');
        self.body
    }
}

/// A JSON object that is being written.
struct Object<'b> {
    body: &'b mut Vec<u8>,
    is_empty: bool,
}

impl<'b> Object<'b> {
    fn open(body: &'b mut Vec<u8>) -> Object<'b> {
        body.push(b'{');
        Object { body, is_empty: true }
    }

    fn key(&mut self, key: &str) {
        if !self.is_empty {
            self.body.push(b',');
        }
        self.is_empty = false;
        write_text(self.body, key);
        self.body.push(b':');
    }

    fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        write_text(self.body, text);
    }

    /// A value that is JSON already.
    fn raw(&mut self, key: &str, value: &str) {
        self.key(key);
        self.body.extend_from_slice(value.as_bytes());
    }

    fn close(self) {
        self.body.push(b'}');
    }
}

fn write_text(body: &mut Vec<u8>, text: &str) {
    body.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => body.extend_from_slice(&[b'\\', byte]),
            0..0x20 => {
                let digits = b"0123456789abcdef";
                body.extend_from_slice(b"\\u00");
                body.push(digits[usize::from(byte >> 4)]);
                body.push(digits[usize::from(byte & 15)]);
            }
            _ => body.push(byte),
        }
    }
    body.push(b'"');
}

fn user_data(body: &mut Vec<u8>, event: &OutboundEvent<'_>) {
    let mut object = Object::open(body);
    for key in Key::ALL {
        let Some(name) = hashed_name(*key) else { continue };
        let is_clear = *key == Key::MobileAdId
            && event.ids.iter().any(|id| id.kind == ClearIdKind::MobileAdId);
        let mut hashes = event.hashes.iter().filter(|one| one.key == *key && !is_clear).peekable();
        if hashes.peek().is_none() {
            continue;
        }
        object.key(name);
        object.body.push(b'[');
        for (number, one) in hashes.enumerate() {
            object.body.extend_from_slice(if number > 0 { b",\"" } else { b"\"" });
            object.body.extend_from_slice(&to_hex(&one.hash));
            object.body.push(b'"');
        }
        object.body.push(b']');
    }
    for id in &event.ids {
        object.text(clear_name(id.kind), id.value);
    }
    object.close();
}

fn hashed_name(key: Key) -> Option<&'static str> {
    Some(match key {
        Key::Email => "em",
        Key::Phone => "ph",
        Key::FirstName => "fn",
        Key::LastName => "ln",
        Key::Gender => "ge",
        Key::BirthDate => "db",
        Key::City => "ct",
        Key::State => "st",
        Key::Zip => "zp",
        Key::Country => "country",
        Key::ExternalId => "external_id",
        Key::MobileAdId => "madid",
        Key::ClickId | Key::BrowserId | Key::ClientIp | Key::UserAgent => return None,
        Key::LoginId | Key::LeadId | Key::SubscriptionId | Key::MessagingId => return None,
    })
}

fn clear_name(kind: ClearIdKind) -> &'static str {
    match kind {
        ClearIdKind::ClientIp => "client_ip_address",
        ClearIdKind::UserAgent => "client_user_agent",
        ClearIdKind::ClickId => "fbc",
        ClearIdKind::BrowserId => "fbp",
        ClearIdKind::MobileAdId => "madid",
        ClearIdKind::InstallId => "anon_id",
        ClearIdKind::LoginId => "fb_login_id",
        ClearIdKind::LeadId => "lead_id",
        ClearIdKind::SubscriptionId => "subscription_id",
        ClearIdKind::PageScopedId => "page_scoped_user_id",
        ClearIdKind::ChatClickId => "ctwa_clid",
        ClearIdKind::InstagramId => "ig_sid",
    }
}

/// The worth and the order as they are known here, and whatever else was sent.
fn custom_data(event: &mut Object<'_>, outbound: &OutboundEvent<'_>) {
    event.key("custom_data");
    let mut object = Object::open(event.body);
    if let (Some(micros), Some(currency)) = (outbound.value_micros, outbound.currency) {
        object.raw("value", &decimal(micros));
        object.text("currency", currency.as_str());
    }
    if let Some(id) = outbound.order_id {
        object.text("order_id", id);
    }
    if let Some(sent) = outbound.custom_data {
        copy_members(&mut object, sent);
    }
    object.close();
}

/// Copies the members of an object but for those that are known better. What is no object was none when it
/// was sealed, and is left out.
fn copy_members(object: &mut Object<'_>, sent: &str) {
    let arena = bumpalo::Bump::new();
    let mut reader = Reader::new(sent, &arena);
    if reader.token() != Ok(Token::Object) {
        return;
    }
    let mut first = true;
    while let Ok(Some(key)) = reader.key(&mut first) {
        let start = reader.position();
        if reader.skip().is_err() {
            return;
        }
        if !matches!(key, "value" | "currency" | "order_id") {
            object.raw(key, reader.since(start));
        }
    }
}

/// Millionths as a decimal number, exactly.
fn decimal(micros: i64) -> String {
    let (whole, part) = (micros / MICROS, (micros % MICROS).abs());
    let text = format!("{whole}.{part:06}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;
