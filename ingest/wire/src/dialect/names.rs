//! Names of events that are no sender's own.

/// True for a standard name of an event, not a sender's own. Those can be kept of a refused event.
pub fn is_standard_name(name: &str) -> bool {
    matches!(
        name,
        "PageView"
            | "ViewContent"
            | "Search"
            | "AddToCart"
            | "AddToWishlist"
            | "InitiateCheckout"
            | "AddPaymentInfo"
            | "Purchase"
            | "Lead"
            | "CompleteRegistration"
            | "Subscribe"
            | "StartTrial"
            | "Contact"
            | "CustomizeProduct"
            | "Donate"
            | "FindLocation"
            | "Schedule"
            | "SubmitApplication"
    )
}
