//! The keys of Meta's wire format that mean something here. All others are skipped.

use stratum_models::identifier::IdentifierKey;

use super::super::identifier_field;

/// A key of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventField {
    EventName,
    EventTime,
    ActionSource,
    EventId,
    EventSourceUrl,
    UserData,
    CustomData,
    OptOut,
    DataProcessingOptions,
    DataProcessingCountry,
    DataProcessingState,
}

/// The field behind a key. Byte patterns compile to one decision on length and bytes; patterns on
/// `str` would be compared one by one.
pub(super) fn event_field(key: &str) -> Option<EventField> {
    Some(match key.as_bytes() {
        b"event_name" => EventField::EventName,
        b"event_time" => EventField::EventTime,
        b"action_source" => EventField::ActionSource,
        b"event_id" => EventField::EventId,
        b"event_source_url" => EventField::EventSourceUrl,
        b"user_data" => EventField::UserData,
        b"custom_data" => EventField::CustomData,
        b"opt_out" => EventField::OptOut,
        b"data_processing_options" => EventField::DataProcessingOptions,
        b"data_processing_options_country" => EventField::DataProcessingCountry,
        b"data_processing_options_state" => EventField::DataProcessingState,
        _ => return None,
    })
}

/// The identifier behind a key of `user_data`, with the key's path; without one for keys that Meta
/// knows and that identify nobody by themselves.
pub(super) fn identifier_field(key: &str) -> Option<(Option<IdentifierKey>, &'static str)> {
    use IdentifierKey as Key;
    let (key, path) = match key.as_bytes() {
        b"fbc" => (Key::ClickId, "user_data.fbc"),
        b"fbp" => (Key::BrowserId, "user_data.fbp"),
        b"madid" => (Key::MobileAdId, "user_data.madid"),
        b"anon_id" => (Key::MobileAdId, "user_data.anon_id"),
        b"fb_login_id" => (Key::LoginId, "user_data.fb_login_id"),
        b"lead_id" => (Key::LeadId, "user_data.lead_id"),
        b"subscription_id" => (Key::SubscriptionId, "user_data.subscription_id"),
        b"page_scoped_user_id" => (Key::MessagingId, "user_data.page_scoped_user_id"),
        b"ctwa_clid" => (Key::MessagingId, "user_data.ctwa_clid"),
        b"ig_sid" => (Key::MessagingId, "user_data.ig_sid"),
        b"f5first" | b"f5last" | b"fi" | b"dobd" | b"dobm" | b"doby" | b"page_id"
        | b"ig_account_id" | b"partner_id" | b"partner_name" => return Some((None, "user_data")),
        _ => {
            let (key, path) = identifier_field::identifier_field(key)?;
            return Some((Some(key), path));
        }
    };
    Some((Some(key), path))
}
