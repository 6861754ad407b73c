//! Ad platforms, and the closed sets an event carries. Codes are stored: never renumber one.

/// Declares an enum whose variants have a stored code and a wire name.
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize)]
        #[repr(i8)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant = $code),* }

        impl $name {
            /// Every member, in code order.
            pub const ALL: &[$name] = &[$($name::$variant),*];

            /// The stored code.
            pub const fn code(self) -> i8 { self as i8 }

            /// The name used on the wire and in the warehouse.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }

            /// The member with this stored code.
            pub const fn from_code(code: i8) -> Option<$name> {
                match code { $($code => Some($name::$variant),)* _ => None }
            }

            /// The member with this name.
            pub fn parse(text: &str) -> Option<$name> {
                match text { $($text => Some($name::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                $name::parse(text).ok_or_else(|| format!(
                    "{text:?} is not one of {}", $name::ALL.iter().map(|m| m.as_str()).collect::<Vec<_>>().join(", ")))
            }
        }
    };
}
pub(crate) use coded;

coded! {
    /// An ad platform.
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

impl Platform {
    /// How many days after a day its report may still be restated. The longest click-through window
    /// that Meta, TikTok and Snapchat attribute by is 28 days, and a conversion counts for the day of
    /// its click; Google, LinkedIn and Pinterest can be set to longer ones and change little after it.
    pub const fn restated_days(self) -> u64 {
        28
    }
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
    fn names_and_codes_round_trip() {
        for platform in Platform::ALL {
            assert_eq!(Platform::parse(platform.as_str()), Some(*platform));
            assert_eq!(Platform::from_code(platform.code()), Some(*platform));
        }
        assert_eq!(Platform::from_code(0), None);
        assert!("myspace".parse::<Platform>().unwrap_err().contains("meta, google"));
    }
}
