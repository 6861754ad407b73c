//! Reading query parameters, with every fault named at once.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::value::{Error as ValueError, MapDeserializer};
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use crate::answer::{Detail, Fault, FaultCode, Refusal};

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
                Err(unreadable(text.strip_prefix(QUERY_FAULT).unwrap_or(&text).to_owned()))
            }
        }
    }
}

/// The words that axum puts before the field and its fault.
const QUERY_FAULT: &str = "Failed to deserialize query string: ";

fn unreadable(message: String) -> Refusal {
    let detail = Detail::of("", Fault::new(FaultCode::WrongForm, message));
    Refusal::malformed("the query parameters cannot be read", vec![detail])
}

/// Query parameters in two parts: those that several questions share, and a question's own. A name that
/// neither part has is refused, as [`Params`] does it.
pub struct JoinedParams<S, O>(pub S, pub O);

impl<St, S, O> FromRequestParts<St> for JoinedParams<S, O>
where
    St: Send + Sync,
    S: DeserializeOwned,
    O: DeserializeOwned,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &St) -> Result<Self, Refusal> {
        let Params(sent) =
            Params::<Vec<(String, String)>>::from_request_parts(parts, state).await?;
        let joined = join(sent).map_err(unreadable)?;
        Ok(JoinedParams(joined.0, joined.1))
    }
}

/// The two parts of these parameters.
fn join<S: DeserializeOwned, O: DeserializeOwned>(
    sent: Vec<(String, String)>,
) -> Result<(S, O), String> {
    let (own, shared) = (names_of::<O>(), names_of::<S>());
    if let Some((name, _)) =
        sent.iter().find(|(name, _)| !own.iter().chain(shared).any(|one| one == name))
    {
        let known: Vec<String> = own.iter().chain(shared).map(|one| format!("`{one}`")).collect();
        let known = known.join(", ");
        return Err(format!("{name}: unknown field `{name}`, expected one of {known}"));
    }
    let (own, shared): (Vec<_>, Vec<_>) =
        sent.into_iter().partition(|(name, _)| own.contains(&name.as_str()));
    Ok((read(shared)?, read(own)?))
}

/// A struct from the parameters of its names; what is wrong begins with the name of the parameter.
fn read<T: DeserializeOwned>(pairs: Vec<(String, String)>) -> Result<T, String> {
    let pairs = pairs.into_iter().map(|(name, text)| (name, Text(text)));
    let pairs = MapDeserializer::<_, ValueError>::new(pairs);
    serde_path_to_error::deserialize(pairs).map_err(|error| error.to_string())
}

/// The text of a parameter.
struct Text(String);

impl IntoDeserializer<'_, ValueError> for Text {
    type Deserializer = Text;
    fn into_deserializer(self) -> Text {
        self
    }
}

impl<'de> Deserializer<'de> for Text {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_string(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The names of a struct's fields, as they are read.
fn names_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    // Reads nothing: it is refused once the names are known.
    T::deserialize(FieldNames(&mut names)).ok();
    names
}

struct FieldNames<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for FieldNames<'_> {
    type Error = ValueError;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        Err(ValueError::custom(""))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(ValueError::custom(""))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Values of one list.
const LIST_MAX: usize = 50;

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
                self.fault(field, Fault::new(FaultCode::WrongForm, error.to_string()));
                None
            }
        }
    }

    /// A text of bounded length; an empty one counts as absent.
    pub fn text(&mut self, field: &str, text: Option<String>, chars_max: usize) -> Option<String> {
        let text = text.filter(|text| !text.is_empty())?;
        if text.chars().count() > chars_max || text.contains('\0') {
            let message = format!("must be a text of at most {chars_max} characters");
            self.fault(field, Fault::above(FaultCode::TooLong, chars_max, message));
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
            let message =
                format!("must be a list of at most {LIST_MAX} values, separated by commas");
            self.fault(field, Fault::above(FaultCode::TooMany, LIST_MAX, message));
            return Vec::new();
        }
        parts.into_iter().filter_map(|part| self.optional(field, Some(part))).collect()
    }

    /// Remembers a fault.
    pub fn fault(&mut self, field: &str, fault: impl Into<Fault>) {
        self.faults.push(Detail::of(field, fault));
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

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Shared {
        from: Option<String>,
        to: Option<String>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Own {
        by: Option<String>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Whole {
        by: Option<String>,
        from: Option<String>,
        to: Option<String>,
    }

    fn parts(query: &str) -> Parts {
        let request = axum::http::Request::builder().uri(format!("/?{query}")).body(()).unwrap();
        request.into_parts().0
    }

    async fn joined(query: &str) -> Result<(Shared, Own), Refusal> {
        let read = JoinedParams::from_request_parts(&mut parts(query), &()).await;
        read.map(|JoinedParams(shared, own)| (shared, own))
    }

    #[tokio::test]
    async fn each_part_gets_its_own() {
        let text = |text: &str| Some(text.to_owned());
        let (shared, own) = joined("to=a%20b&by=&from=1+2").await.unwrap();
        assert_eq!(shared, Shared { from: text("1 2"), to: text("a b") });
        assert_eq!(own, Own { by: text("") });
        let (shared, own) = joined("").await.unwrap();
        assert_eq!((shared, own), (Shared { from: None, to: None }, Own { by: None }));
    }

    #[tokio::test]
    async fn two_parts_are_refused_as_one_struct_is() {
        for query in ["day=1", "from=1&day=1&by=2", "from=1&from=2", "by=1&by=1", "FROM=1"] {
            let whole = Params::<Whole>::from_request_parts(&mut parts(query), &()).await;
            let (joined, whole) = (joined(query).await.err(), whole.err());
            assert_eq!(format!("{joined:?}"), format!("{whole:?}"), "{query}");
            assert!(joined.is_some(), "{query}");
        }
    }
}
