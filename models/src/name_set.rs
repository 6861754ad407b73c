//! Closed sets of names: enums whose members have one name each, the same in requests, answers, stores and the
//! API's document.

/// Declares an enum with a name for each member: `ALL`, `as_str`, `parse`, `Display`, a `FromStr` whose error lists
/// the names, serde by name, and with the feature `schema` an enum in the API's document.
#[macro_export]
macro_rules! name_set {
    ($(#[doc = $doc:literal])* $(#[derive($($derive:ident),+)])? $name:ident { $($(#[$member_doc:meta])* $member:ident = $text:literal),* $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize)]
        $(#[derive($($derive),+)])?
        pub enum $name { $($(#[$member_doc])* #[serde(rename = $text)] $member),* }

        $crate::names! { concat!($($doc),*), $name { $($member $text),* } }
    };
}

/// Gives an enum what a [`name_set!`] has, but for its derived traits.
#[doc(hidden)]
#[macro_export]
macro_rules! names {
    ($doc:expr, $name:ident { $($member:ident $text:literal),* }) => {
        impl $name {
            /// Every member, in the order of its declaration.
            pub const ALL: &[$name] = &[$($name::$member),*];

            /// The name in requests, answers and stores.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$member => $text),* }
            }

            /// The member of this name; `None` where no member has it.
            pub fn parse(text: &str) -> Option<$name> {
                match text { $($text => Some($name::$member),)* _ => None }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                let names = || $name::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ");
                $name::parse(text).ok_or_else(|| format!("must be one of {}", names()))
            }
        }

        $crate::document_names! { $doc, $name }
    };
}

/// Shows an enum with names in the API's document.
#[cfg(feature = "schema")]
#[doc(hidden)]
#[macro_export]
macro_rules! document_names {
    ($doc:expr, $name:ident) => {
        impl $crate::utoipa::PartialSchema for $name {
            fn schema() -> $crate::utoipa::openapi::RefOr<$crate::utoipa::openapi::Schema> {
                let names = $name::ALL.iter().map(|one| one.as_str());
                $crate::utoipa::openapi::ObjectBuilder::new()
                    .schema_type($crate::utoipa::openapi::Type::String)
                    .description(Some($doc.trim()))
                    .enum_values(Some(names))
                    .into()
            }
        }

        impl $crate::utoipa::ToSchema for $name {}
    };
}

/// Without the feature `schema` there is no document.
#[cfg(not(feature = "schema"))]
#[doc(hidden)]
#[macro_export]
macro_rules! document_names {
    ($doc:expr, $name:ident) => {};
}

#[cfg(test)]
mod tests {
    name_set! {
        /// A grade.
        #[derive(Default)]
        Grade {
            /// Not bad.
            #[default]
            Good = "good",
            /// Not good.
            Bad = "not_good",
        }
    }

    #[test]
    fn a_member_is_known_by_its_name_alone() {
        assert_eq!(Grade::ALL, [Grade::Good, Grade::Bad]);
        assert_eq!("not_good".parse(), Ok(Grade::Bad));
        assert_eq!("Bad".parse::<Grade>(), Err("must be one of good, not_good".into()));
        assert_eq!(
            (Grade::default().to_string(), Grade::Bad.as_str()),
            ("good".into(), "not_good")
        );
        assert_eq!(serde_json::to_string(&Grade::Bad).unwrap(), "\"not_good\"");
        assert!(serde_json::from_str::<Grade>("\"Bad\"").is_err());
    }
}
