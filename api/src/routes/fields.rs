//! Reading query parameters, with every fault named at once.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::answer::{Detail, Refusal};

/// Query parameters as sent; an unknown one is refused by name.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Params(params)),
            Err(error) => {
                let text = axum::Error::new(error);
                let text = std::error::Error::source(&text)
                    .map_or_else(|| text.to_string(), ToString::to_string);
                let detail = Detail { field: String::new(), message: text };
                Err(Refusal::malformed("the query parameters cannot be read", vec![detail]))
            }
        }
    }
}

/// Values of one list.
const LIST_MAX: usize = 50;
/// Reads a field of a partial change: absent is `None`, null is `Some(None)`.
pub fn nullable<'de, D, T>(field: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(field).map(Some)
}

/// A name to show: trimmed, 1 to `chars_max` characters, none of them a control character; else 422.
pub fn name(field: &str, text: &str, chars_max: usize) -> Result<String, Refusal> {
    let text = text.trim();
    let fits = (1..=chars_max).contains(&text.chars().count());
    if !fits || text.contains(char::is_control) {
        let message = format!("is a text of 1 to {chars_max} characters on one line");
        return Err(Refusal::unprocessable(field, message));
    }
    Ok(text.to_owned())
}

/// Parses texts into values and remembers what was wrong.
#[derive(Default)]
pub struct Fields {
    faults: Vec<Detail>,
}

impl Fields {
    /// The value of an optional parameter; an empty text counts as absent.
    pub fn optional<T>(&mut self, field: &str, text: Option<&str>) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let text = text.filter(|text| !text.is_empty())?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(field, error.to_string());
                None
            }
        }
    }

    /// A text of bounded length; an empty one counts as absent.
    pub fn text(&mut self, field: &str, text: Option<String>, chars_max: usize) -> Option<String> {
        let text = text.filter(|text| !text.is_empty())?;
        if text.chars().count() > chars_max || text.contains('\0') {
            self.fault(field, format!("is a text of at most {chars_max} characters"));
            return None;
        }
        Some(text)
    }

    /// The values of a list parted by commas; empty where absent.
    pub fn list<T>(&mut self, field: &str, text: Option<&str>) -> Vec<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let parts = text.unwrap_or_default().split(',').map(str::trim);
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        if parts.len() > LIST_MAX || text.is_some_and(|text| text.contains('\0')) {
            self.fault(field, format!("is a list of at most {LIST_MAX} values parted by commas"));
            return Vec::new();
        }
        parts.into_iter().filter_map(|part| self.optional(field, Some(part))).collect()
    }

    /// Remembers a fault.
    pub fn fault(&mut self, field: &str, message: impl Into<String>) {
        self.faults.push(Detail { field: field.to_owned(), message: message.into() });
    }

    /// 400 with every fault, if there is any.
    pub fn finish(self) -> Result<(), Refusal> {
        if self.faults.is_empty() {
            return Ok(());
        }
        let first = &self.faults[0];
        let message = format!("{}: {}", first.field, first.message);
        Err(Refusal::malformed(message, self.faults))
    }
}
