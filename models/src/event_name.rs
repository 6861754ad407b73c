//! Names of events: ours, and what each dialect calls the same.

use crate::dialect::Dialect;

/// Declares the events that have a name of their own.
macro_rules! standard_events {
    ($($(#[$doc:meta])* $event:ident $name:literal),* $(,)?) => {
        /// An event that is no sender's own. Its name may be kept where a sender's own text may not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum StandardEvent { $($(#[$doc])* $event),* }

        impl StandardEvent {
            /// Every member.
            pub const ALL: &[StandardEvent] = &[$(StandardEvent::$event),*];

            /// The event's one name in the warehouse and in answers.
            pub const fn as_str(self) -> &'static str {
                match self { $(StandardEvent::$event => $name),* }
            }

            /// The event of this very name.
            pub fn parse(name: &str) -> Option<StandardEvent> {
                match name { $($name => Some(StandardEvent::$event),)* _ => None }
            }
        }
    };
}

standard_events! {
    /// A page or screen was seen.
    PageView "PageView",
    /// A product was looked at.
    ViewContent "ViewContent",
    /// A list of products was looked at.
    ViewCategory "ViewCategory",
    /// Something was searched for.
    Search "Search",
    /// A product was put into the cart.
    AddToCart "AddToCart",
    /// A product was put on a wish list.
    AddToWishlist "AddToWishlist",
    /// The checkout began.
    InitiateCheckout "InitiateCheckout",
    /// The way of paying was entered.
    AddPaymentInfo "AddPaymentInfo",
    /// Something was bought.
    Purchase "Purchase",
    /// An order was placed. Many send it beside the purchase of the same order, so it is none.
    PlaceAnOrder "PlaceAnOrder",
    /// Somebody asked to be contacted.
    Lead "Lead",
    /// Somebody signed up.
    CompleteRegistration "CompleteRegistration",
    /// A paid subscription began.
    Subscribe "Subscribe",
    /// A trial began.
    StartTrial "StartTrial",
    /// Somebody got in touch.
    Contact "Contact",
    /// A product was customised.
    CustomizeProduct "CustomizeProduct",
    /// Money was given.
    Donate "Donate",
    /// A shop was looked for.
    FindLocation "FindLocation",
    /// An appointment was made.
    Schedule "Schedule",
    /// An application was handed in.
    SubmitApplication "SubmitApplication",
    /// A person was described. It says who somebody is, and not that anything happened.
    Identify "Identify",
}

impl StandardEvent {
    /// The event that a dialect means by `name`: by our own name for it or by one of the dialect's.
    /// Letters count whatever their case, blanks and underscores do not; Meta's names are ours, and
    /// nothing but themselves. `None` for a sender's own event.
    pub fn meant(dialect: Dialect, name: &str) -> Option<StandardEvent> {
        StandardEvent::parse(name).or_else(|| match dialect {
            Dialect::Meta => None,
            _ => StandardEvent::ALL.iter().copied().find(|event| {
                is_same(event.as_str(), name)
                    || event.called(dialect).iter().any(|called| is_same(called, name))
            }),
        })
    }

    /// The dialect's names of the event where they are not ours.
    fn called(self, dialect: Dialect) -> &'static [&'static str] {
        match dialect {
            // LinkedIn's format has no names.
            Dialect::Meta | Dialect::Linkedin => &[],
            Dialect::Tiktok => match self {
                // Until 2025 purchases and leads had other names, which go on working.
                StandardEvent::Purchase => &["CompletePayment"],
                StandardEvent::Lead => &["SubmitForm"],
                _ => &[],
            },
            Dialect::Pinterest => match self {
                StandardEvent::PageView => &["page_visit"],
                StandardEvent::Purchase => &["checkout"],
                StandardEvent::CompleteRegistration => &["signup"],
                _ => &[],
            },
            Dialect::Segment => self.called_by_segment(),
            Dialect::Snapchat => match self {
                StandardEvent::ViewCategory => &["LIST_VIEW"],
                StandardEvent::AddToCart => &["ADD_CART"],
                StandardEvent::InitiateCheckout => &["START_CHECKOUT"],
                StandardEvent::AddPaymentInfo => &["ADD_BILLING"],
                StandardEvent::CompleteRegistration => &["SIGN_UP"],
                _ => &[],
            },
            Dialect::Ga4 => match self {
                StandardEvent::PageView => &["page_view", "screen_view"],
                StandardEvent::ViewContent => &["view_item"],
                StandardEvent::ViewCategory => &["view_item_list"],
                StandardEvent::Search => &["search", "view_search_results"],
                StandardEvent::InitiateCheckout => &["begin_checkout"],
                StandardEvent::Lead => &["generate_lead"],
                StandardEvent::CompleteRegistration => &["sign_up"],
                _ => &[],
            },
        }
    }

    /// The name that a platform is told for the event, in its own format; `None` where the format has none for it.
    /// The platform's dialect means the event by it.
    pub const fn name_in(self, dialect: Dialect) -> Option<&'static str> {
        match dialect {
            Dialect::Meta => Some(self.as_str()),
            // TikTok takes any name beside its own.
            Dialect::Tiktok => match self {
                StandardEvent::PageView => Some("Pageview"),
                _ => Some(self.as_str()),
            },
            Dialect::Pinterest => self.name_at_pinterest(),
            Dialect::Snapchat => self.name_at_snapchat(),
            Dialect::Ga4 => Some(self.name_at_google()),
            // LinkedIn's format has no names, and nothing is handed on to a platform in Segment's.
            Dialect::Linkedin | Dialect::Segment => None,
        }
    }

    const fn name_at_pinterest(self) -> Option<&'static str> {
        Some(match self {
            StandardEvent::PageView => "page_visit",
            StandardEvent::ViewContent => "view_content",
            StandardEvent::ViewCategory => "view_category",
            StandardEvent::Search => "search",
            StandardEvent::AddToCart => "add_to_cart",
            StandardEvent::AddToWishlist => "add_to_wishlist",
            StandardEvent::InitiateCheckout => "initiate_checkout",
            StandardEvent::AddPaymentInfo => "add_payment_info",
            StandardEvent::Purchase => "checkout",
            StandardEvent::Lead => "lead",
            StandardEvent::CompleteRegistration => "signup",
            StandardEvent::Subscribe => "subscribe",
            StandardEvent::StartTrial => "start_trial",
            StandardEvent::Contact => "contact",
            StandardEvent::CustomizeProduct => "customize_product",
            StandardEvent::FindLocation => "find_location",
            StandardEvent::Schedule => "schedule",
            StandardEvent::SubmitApplication => "submit_application",
            StandardEvent::PlaceAnOrder | StandardEvent::Donate | StandardEvent::Identify => {
                return None;
            }
        })
    }

    const fn name_at_snapchat(self) -> Option<&'static str> {
        Some(match self {
            StandardEvent::PageView => "PAGE_VIEW",
            StandardEvent::ViewContent => "VIEW_CONTENT",
            StandardEvent::ViewCategory => "LIST_VIEW",
            StandardEvent::Search => "SEARCH",
            StandardEvent::AddToCart => "ADD_CART",
            StandardEvent::AddToWishlist => "ADD_TO_WISHLIST",
            StandardEvent::InitiateCheckout => "START_CHECKOUT",
            StandardEvent::AddPaymentInfo => "ADD_BILLING",
            StandardEvent::Purchase => "PURCHASE",
            StandardEvent::CompleteRegistration => "SIGN_UP",
            StandardEvent::Subscribe => "SUBSCRIBE",
            StandardEvent::StartTrial => "START_TRIAL",
            StandardEvent::PlaceAnOrder | StandardEvent::Lead | StandardEvent::Contact => {
                return None;
            }
            StandardEvent::CustomizeProduct
            | StandardEvent::Donate
            | StandardEvent::FindLocation
            | StandardEvent::Schedule
            | StandardEvent::SubmitApplication
            | StandardEvent::Identify => return None,
        })
    }

    /// Google takes any name beside its own, in small letters.
    const fn name_at_google(self) -> &'static str {
        match self {
            StandardEvent::PageView => "page_view",
            StandardEvent::ViewContent => "view_item",
            StandardEvent::ViewCategory => "view_item_list",
            StandardEvent::Search => "search",
            StandardEvent::AddToCart => "add_to_cart",
            StandardEvent::AddToWishlist => "add_to_wishlist",
            StandardEvent::InitiateCheckout => "begin_checkout",
            StandardEvent::AddPaymentInfo => "add_payment_info",
            StandardEvent::Purchase => "purchase",
            StandardEvent::PlaceAnOrder => "place_an_order",
            StandardEvent::Lead => "generate_lead",
            StandardEvent::CompleteRegistration => "sign_up",
            StandardEvent::Subscribe => "subscribe",
            StandardEvent::StartTrial => "start_trial",
            StandardEvent::Contact => "contact",
            StandardEvent::CustomizeProduct => "customize_product",
            StandardEvent::Donate => "donate",
            StandardEvent::FindLocation => "find_location",
            StandardEvent::Schedule => "schedule",
            StandardEvent::SubmitApplication => "submit_application",
            StandardEvent::Identify => "identify",
        }
    }

    /// The names of Segment's plan of events, and those that PostHog's clients give theirs.
    fn called_by_segment(self) -> &'static [&'static str] {
        match self {
            StandardEvent::PageView => &["$pageview", "$screen"],
            StandardEvent::ViewContent => &["Product Viewed"],
            StandardEvent::ViewCategory => &["Product List Viewed"],
            StandardEvent::Search => &["Products Searched"],
            StandardEvent::AddToCart => &["Product Added"],
            StandardEvent::AddToWishlist => &["Product Added to Wishlist"],
            StandardEvent::InitiateCheckout => &["Checkout Started"],
            StandardEvent::AddPaymentInfo => &["Payment Info Entered"],
            StandardEvent::Purchase => &["Order Completed"],
            StandardEvent::PlaceAnOrder => &["Order Placed"],
            StandardEvent::Lead => &["Form Submitted"],
            StandardEvent::CompleteRegistration => &["Signed Up"],
            StandardEvent::Subscribe => &["Subscription Created"],
            StandardEvent::StartTrial => &["Trial Started"],
            StandardEvent::Contact => &["Callback Started"],
            StandardEvent::Identify => &["$identify", "$set"],
            _ => &[],
        }
    }
}

/// Whether two names differ in nothing but case, blanks and underscores.
fn is_same(one: &str, other: &str) -> bool {
    squeezed(one).eq(squeezed(other))
}

fn squeezed(name: &str) -> impl Iterator<Item = u8> + '_ {
    let letters = name.bytes().filter(|byte| !matches!(byte, b' ' | b'_'));
    letters.map(|byte| byte.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_one_event_in_each_dialect() {
        for dialect in Dialect::ALL {
            for event in StandardEvent::ALL {
                let names = event.called(*dialect).iter().copied().chain([event.as_str()]);
                for name in names {
                    assert_eq!(StandardEvent::meant(*dialect, name), Some(*event), "{name}");
                }
            }
            assert_eq!(StandardEvent::meant(*dialect, "Bought a boat"), None);
        }
    }

    #[test]
    fn what_a_platform_is_told_means_the_same_event() {
        for dialect in Dialect::ALL {
            for event in StandardEvent::ALL {
                if let Some(name) = event.name_in(*dialect) {
                    assert_eq!(StandardEvent::meant(*dialect, name), Some(*event), "{name}");
                }
            }
        }
        assert_eq!(StandardEvent::Purchase.name_in(Dialect::Pinterest), Some("checkout"));
        assert_eq!(StandardEvent::Lead.name_in(Dialect::Snapchat), None);
    }

    #[test]
    fn names_are_met_as_senders_write_them() {
        for (dialect, name, event) in [
            (Dialect::Meta, "Purchase", Some(StandardEvent::Purchase)),
            (Dialect::Meta, "purchase", None),
            (Dialect::Tiktok, "CompletePayment", Some(StandardEvent::Purchase)),
            (Dialect::Tiktok, "complete_payment", Some(StandardEvent::Purchase)),
            (Dialect::Tiktok, "Pageview", Some(StandardEvent::PageView)),
            (Dialect::Tiktok, "SubmitForm", Some(StandardEvent::Lead)),
            (Dialect::Tiktok, "PlaceAnOrder", Some(StandardEvent::PlaceAnOrder)),
            (Dialect::Pinterest, "checkout", Some(StandardEvent::Purchase)),
            (Dialect::Pinterest, "page_visit", Some(StandardEvent::PageView)),
            (Dialect::Pinterest, "add_to_cart", Some(StandardEvent::AddToCart)),
            (Dialect::Pinterest, "custom", None),
            (Dialect::Segment, "order completed", Some(StandardEvent::Purchase)),
            (Dialect::Segment, "Order Placed", Some(StandardEvent::PlaceAnOrder)),
            (Dialect::Segment, "Order Refunded", None),
            (Dialect::Snapchat, "ADD_CART", Some(StandardEvent::AddToCart)),
            (Dialect::Snapchat, "PURCHASE", Some(StandardEvent::Purchase)),
            (Dialect::Snapchat, "CUSTOM_EVENT_1", None),
            (Dialect::Ga4, "purchase", Some(StandardEvent::Purchase)),
            (Dialect::Ga4, "generate_lead", Some(StandardEvent::Lead)),
            (Dialect::Ga4, "user_engagement", None),
        ] {
            assert_eq!(StandardEvent::meant(dialect, name), event, "{dialect} {name}");
        }
    }
}
