//! Texts on each issue: its cost, the work of its fix, and the work that is left for people.

use super::IssueCode;
use crate::name_set;

/// The texts of an issue.
pub struct Guide {
    /// The work of the fix.
    pub action: &'static str,
    /// The issue in words.
    pub description: &'static str,
    /// The cost of the issue.
    pub impact: &'static str,
    /// The work of people where no repair of ours does it, or does all of it.
    pub steps: &'static [&'static str],
}

name_set! {
    /// Why no press fixes an issue.
    NoFixReason {
        /// Events are sent again until the platform no longer takes them: no retry is left to switch on.
        RetriedAlready = "retried_already",
        /// A sender's own address is not that of the visitor: only the sender knows both.
        SenderAlone = "sender_alone",
        /// Nothing was sent that it could be derived from.
        NeverSent = "never_sent",
        /// It is known to the visitor's browser alone.
        BrowserAlone = "browser_alone",
        /// The repair is in force already.
        InForce = "in_force",
        /// No event of these days has anything to repair.
        NothingToRepair = "nothing_to_repair",
    }
}

/// Why an issue has no fix that one press applies; `None` where it has one.
pub const fn why_guided(code: IssueCode) -> Option<NoFixReason> {
    Some(match code {
        IssueCode::LowMatchScore
        | IssueCode::HighDuplicates
        | IssueCode::MissingClickId
        | IssueCode::ConfigMismatch => return None,
        IssueCode::LowSuccessRate => NoFixReason::RetriedAlready,
        IssueCode::MissingIpUa => NoFixReason::SenderAlone,
        IssueCode::LowEmailCoverage | IssueCode::LowPhoneCoverage => NoFixReason::NeverSent,
        IssueCode::LowCookieCoverage | IssueCode::ClientIdDropGa4 => NoFixReason::BrowserAlone,
    })
}

/// The texts on an issue.
pub const fn guide(code: IssueCode) -> Guide {
    match code {
        IssueCode::LowSuccessRate => LOW_SUCCESS_RATE,
        IssueCode::LowMatchScore => LOW_MATCH_SCORE,
        IssueCode::HighDuplicates => HIGH_DUPLICATES,
        IssueCode::MissingIpUa => MISSING_IP_UA,
        IssueCode::ConfigMismatch => CONFIG_MISMATCH,
        IssueCode::MissingClickId => MISSING_CLICK_ID,
        IssueCode::LowEmailCoverage => LOW_EMAIL_COVERAGE,
        IssueCode::LowPhoneCoverage => LOW_PHONE_COVERAGE,
        IssueCode::LowCookieCoverage => LOW_COOKIE_COVERAGE,
        IssueCode::ClientIdDropGa4 => CLIENT_ID_DROP_GA4,
    }
}

const LOW_SUCCESS_RATE: Guide = Guide {
    action: "Look at what the platform refuses",
    description: "The platform refuses many of the events that are handed on to it.",
    impact: "Refused events count for no campaign.",
    steps: &[
        "Open the destination and look at its dead letters: each code says what the platform wants.",
        "Correct what is sent, or the destination's credentials.",
        "Send the dead letters again.",
    ],
};

const LOW_MATCH_SCORE: Guide = Guide {
    action: "Repair identifiers that are refused",
    description: "Few events carry identifiers by which the platform finds the person.",
    impact: "Conversions that are matched with nobody count for no campaign.",
    steps: &[
        "Send e-mail address and phone number wherever the customer has given them.",
        "Send the click id and the browser's cookie with events of the website.",
    ],
};

const HIGH_DUPLICATES: Guide = Guide {
    action: "Tell purchases without an event id by their order",
    description: "Many events come twice, or purchases have no event id by which copies could be told.",
    impact: "Copies under one event id are dropped and count once. What has no event id counts each time.",
    steps: &[
        "Look whether the page and the server both send the event: that is as it should be.",
        "Otherwise look for a sender that tries again although it was answered.",
        "Give every event an event id, the order's number for purchases.",
    ],
};

const MISSING_IP_UA: Guide = Guide {
    action: "Send the visitor's address and agent",
    description: "Many events lack the IP address or the user agent of the visitor.",
    impact: "Platforms match visitors without an account by these two.",
    steps: &[
        "Take the visitor's address from X-Forwarded-For where your server stands behind a proxy.",
        "Send it as client_ip_address, and the User-Agent header as client_user_agent.",
        "Keep both with the order where the event is sent later.",
    ],
};

const CONFIG_MISMATCH: Guide = Guide {
    action: "Take over the recommended settings",
    description: "Repairs that never make an event worse are switched off.",
    impact: "Identifiers that could be repaired are lost.",
    steps: &[],
};

const MISSING_CLICK_ID: Guide = Guide {
    action: "Take click ids from the addresses of pages",
    description: "Events name a page whose address holds a click id, and lack the click id itself.",
    impact: "A click id tells the platform the very ad that was clicked.",
    steps: &["Keep the click id of the landing page in a cookie, and send it with every event."],
};

const LOW_EMAIL_COVERAGE: Guide = Guide {
    action: "Send e-mail addresses",
    description: "Few events have a usable e-mail address.",
    impact: "It is the identifier that platforms match most people by.",
    steps: &[
        "Send it with every order and every sign-up, in lower case or as its SHA-256.",
        "Ask for it earlier on the way to the order.",
    ],
};

const LOW_PHONE_COVERAGE: Guide = Guide {
    action: "Send phone numbers",
    description: "Few events have a usable phone number.",
    impact: "People who use another address at the platform are found by their number.",
    steps: &[
        "Send it with the country's calling code, as +49 30 123456.",
        "Set the dataset's calling code where numbers come without one.",
    ],
};

const LOW_COOKIE_COVERAGE: Guide = Guide {
    action: "Send the browser's cookie",
    description: "Few events have the cookie that the platform's pixel sets.",
    impact: "Visitors without an account are matched by it.",
    steps: &[
        "Look whether the pixel is on every page, and whether consent lets it set its cookie.",
        "Read the cookie (_fbp, _ttp, _scid) on your server and send it with the event.",
    ],
};

const CLIENT_ID_DROP_GA4: Guide = Guide {
    action: "Send the client id again",
    description: "Fewer events than a week ago have Google Analytics' client id.",
    impact: "Events without it belong to no session.",
    steps: &["Look what changed on the page, and send the client id of the _ga cookie."],
};
