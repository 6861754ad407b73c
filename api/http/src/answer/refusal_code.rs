//! The closed set of codes of refusals.

use stratum_models::name_set;

name_set! {
    /// The code of a refusal.
    RefusalCode {
        /// 400: the request cannot be read.
        ValidationError = "validation_error",
        /// 401.
        Unauthorized = "unauthorized",
        /// 403.
        Forbidden = "forbidden",
        /// 404.
        NotFound = "not_found",
        /// 405.
        MethodNotAllowed = "method_not_allowed",
        /// 409.
        Conflict = "conflict",
        /// 413.
        PayloadTooLarge = "payload_too_large",
        /// 415.
        UnsupportedMediaType = "unsupported_media_type",
        /// 422: the request can be read and breaks a rule.
        UnprocessableEntity = "unprocessable_entity",
        /// 429.
        RateLimited = "rate_limited",
        /// 500.
        InternalError = "internal_error",
        /// 503: it may work if tried again.
        Unavailable = "unavailable",
    }
}
