//! Ad platforms, and the closed sets an event carries. Codes are stored: never renumber one.

use std::borrow::Cow;

/// Declares a [`name_set!`](crate::name_set!) whose members have a stored code as well.
macro_rules! coded {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal $text:literal),* $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize)]
        #[repr(i8)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant = $code),* }

        impl $name {
            /// The stored code.
            pub const fn code(self) -> i8 { self as i8 }

            /// The member with this stored code.
            pub const fn from_code(code: i8) -> Option<$name> {
                match code { $($code => Some($name::$variant),)* _ => None }
            }
        }

        $crate::names! { concat!($($doc),*), $name { $($variant $text),* } }
    };
}
pub(crate) use coded;

/// Gives a coded enum whose codes begin at 1 a stored code for none: 0.
macro_rules! optional_codes {
    ($name:ident) => {
        impl $name {
            /// The stored code of one that may be missing: 0 where it is.
            pub fn optional_code(one: Option<$name>) -> i8 {
                one.map_or(0, $name::code)
            }

            /// The inverse of `optional_code`: `Some(None)` for 0, `None` for a code that means nothing.
            pub fn from_optional_code(code: i8) -> Option<Option<$name>> {
                if code == 0 { Some(None) } else { $name::from_code(code).map(Some) }
            }
        }
    };
}
pub(crate) use optional_codes;

coded! {
    /// An ad platform: who runs ads. The wire format of a request is its [`Dialect`](crate::dialect::Dialect).
    Platform {
        /// Facebook and Instagram.
        Meta = 1 "meta",
        /// Google Ads and Analytics.
        Google = 2 "google",
        /// TikTok.
        Tiktok = 3 "tiktok",
        /// Snapchat.
        Snapchat = 4 "snapchat",
        /// LinkedIn.
        Linkedin = 5 "linkedin",
        /// Pinterest.
        Pinterest = 6 "pinterest",
    }
}

optional_codes!(Platform);

/// The word for a dataset of no ad platform where a name of one is expected.
const NO_PLATFORM: &str = "none";

impl Platform {
    /// The name of one that may be missing: `none` where it is.
    pub const fn optional_name(one: Option<Platform>) -> &'static str {
        match one {
            Some(platform) => platform.as_str(),
            None => NO_PLATFORM,
        }
    }

    /// The inverse of `optional_name`: `Some(None)` for `none`, `None` for a text that names nothing.
    pub fn parse_optional(text: &str) -> Option<Option<Platform>> {
        if text == NO_PLATFORM { Some(None) } else { Platform::parse(text).map(Some) }
    }

    /// The number of days after a day in which its report may still be restated. The longest click-through window
    /// that Meta, TikTok and Snapchat attribute by is 28 days, and a conversion counts for the day of
    /// its click; Google, LinkedIn and Pinterest can be set to longer ones and change little after it.
    pub const fn restated_days(self) -> u64 {
        28
    }

    /// The one form in which the id of an ad account is kept. Screens, files and interfaces of a
    /// platform write it in several: Meta's with and without `act_`, Google's with and without dashes,
    /// LinkedIn's as a number and as a URN. The warehouse brings rows of earlier records into the same
    /// form (`query/sql/insert_ad_reports.sql`).
    pub fn account_id(self, id: &str) -> Cow<'_, str> {
        let without = |prefix: &str| {
            let (head, rest) = id.split_at_checked(prefix.len())?;
            (head.eq_ignore_ascii_case(prefix) && is_number(rest)).then_some(rest)
        };
        let told = match self {
            Platform::Meta => without("act_"),
            Platform::Linkedin => without("urn:li:sponsoredaccount:"),
            Platform::Google if is_dashed_number(id) => return id.replace('-', "").into(),
            _ => None,
        };
        told.unwrap_or(id).into()
    }

    /// The same where the platform is not known: the form of the one platform that writes ids so.
    pub fn any_account_id(id: &str) -> Cow<'_, str> {
        let mut forms = Platform::ALL.iter().map(|platform| platform.account_id(id));
        forms.find(|form| form.as_ref() != id).unwrap_or(id.into())
    }
}

/// `123-456-7890`: groups of digits with one dash between two.
fn is_dashed_number(id: &str) -> bool {
    id.contains('-') && id.split('-').all(is_number)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

coded! {
    /// Where the conversion happened.
    ActionSource {
        /// A web site.
        Website = 1 "website",
        /// A mobile app.
        App = 2 "app",
        /// An e-mail.
        Email = 3 "email",
        /// A phone call.
        PhoneCall = 4 "phone_call",
        /// A chat.
        Chat = 5 "chat",
        /// A shop one walks into.
        PhysicalStore = 6 "physical_store",
        /// A subscription renewal and the like.
        SystemGenerated = 7 "system_generated",
        /// A conversation with a business account.
        BusinessMessaging = 8 "business_messaging",
        /// Anything else.
        Other = 9 "other",
    }
}

coded! {
    /// Who sent the event.
    Channel {
        /// The advertiser's server.
        Server = 1 "server",
        /// A page in the visitor's browser.
        Browser = 2 "browser",
    }
}

coded! {
    /// The class of device behind the user agent; the agent itself is not kept.
    Device {
        /// No agent, or one that tells nothing.
        Unknown = 0 "unknown",
        /// A desktop or laptop browser.
        Desktop = 1 "desktop",
        /// A phone.
        Mobile = 2 "mobile",
        /// A tablet.
        Tablet = 3 "tablet",
        /// A robot or a script.
        Bot = 4 "bot",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_one_id_whoever_writes_it() {
        for (platform, id, kept) in [
            (Platform::Meta, "act_4411", "4411"),
            (Platform::Meta, "ACT_4411", "4411"),
            (Platform::Meta, "4411", "4411"),
            (Platform::Meta, "act_", "act_"),
            (Platform::Meta, "act_ual", "act_ual"),
            (Platform::Meta, "123-456", "123-456"),
            (Platform::Google, "123-456-7890", "1234567890"),
            (Platform::Google, "-55", "-55"),
            (Platform::Google, "shop-1", "shop-1"),
            (Platform::Google, "act_4411", "act_4411"),
            (Platform::Linkedin, "urn:li:sponsoredAccount:51", "51"),
            (Platform::Snapchat, "8adc3db7-8148-4fbf", "8adc3db7-8148-4fbf"),
            (Platform::Tiktok, "é", "é"),
        ] {
            let once = platform.account_id(id);
            assert_eq!(once, kept, "{platform} {id}");
            assert_eq!(platform.account_id(&once), kept, "{platform} {id}: it stays so");
        }
        for (id, kept) in [("act_4411", "4411"), ("123-456-7890", "1234567890"), ("a-1", "a-1")] {
            assert_eq!(Platform::any_account_id(id), kept);
        }
    }

    #[test]
    fn names_and_codes_round_trip() {
        for platform in Platform::ALL {
            assert_eq!(Platform::parse(platform.as_str()), Some(*platform));
            assert_eq!(Platform::from_code(platform.code()), Some(*platform));
        }
        assert_eq!(Platform::from_code(0), None);
        for platform in [None, Some(Platform::Tiktok)] {
            let code = Platform::optional_code(platform);
            assert_eq!(Platform::from_optional_code(code), Some(platform));
            let name = Platform::optional_name(platform);
            assert_eq!(Platform::parse_optional(name), Some(platform));
        }
        assert_eq!(Platform::from_optional_code(99), None);
        assert_eq!(Platform::parse_optional("myspace"), None);
        assert!("myspace".parse::<Platform>().unwrap_err().contains("meta, google"));
    }
}
