//! Which results of a campaign are conversions. What a screen calls a result is whatever the campaign is
//! optimised for: a purchase, a lead, and as well a click or a view.

/// Words of kinds that are conversions, as Ads Manager's indicators (`actions:offsite_conversion.fb_pixel_purchase`)
/// and the screens' own texts name them, in English and German.
const WORDS: [&str; 15] = [
    "purchase",
    "complete payment",
    "order",
    "lead",
    "registration",
    "subscri",
    "trial",
    "application",
    "donat",
    "conversion",
    "kauf",
    "käufe",
    "registrierung",
    "abonn",
    "bestellung",
];
/// Words of kinds that are none, whatever else is in their name: what the web site or the app saw of
/// somebody on the way.
const OTHERS: [&str; 8] =
    ["click", "view", "klick", "aufruf", "cart", "checkout", "warenkorb", "payment_info"];

/// Whether results of this kind are conversions; not where it is not told.
pub(super) fn is_conversion(kind: &str) -> bool {
    let kind = kind.to_lowercase();
    WORDS.iter().any(|word| kind.contains(word)) && !OTHERS.iter().any(|word| kind.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_some_results_are_conversions() {
        for kind in [
            "actions:offsite_conversion.fb_pixel_purchase",
            "actions:omni_purchase",
            "actions:onsite_conversion.lead_grouped",
            "actions:offsite_conversion.fb_pixel_complete_registration",
            "actions:offsite_conversion.custom.1234",
            "Website purchases",
            "Käufe über die Website",
            "Leads",
            "Complete Payment",
        ] {
            assert!(is_conversion(kind), "{kind}");
        }
        for kind in [
            "",
            "actions:link_click",
            "actions:landing_page_view",
            "actions:offsite_conversion.fb_pixel_view_content",
            "actions:offsite_conversion.fb_pixel_add_to_cart",
            "actions:offsite_conversion.fb_pixel_initiate_checkout",
            "reach",
            "video_thruplay_watched_actions",
            "actions:post_engagement",
            "Link clicks",
            "Link-Klicks",
            "Impressions",
        ] {
            assert!(!is_conversion(kind), "{kind}");
        }
    }
}
