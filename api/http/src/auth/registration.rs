//! Registrations: the ways in which anybody may make a tenant.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The way in which registrations are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// As `confirmed` where a mail server is configured, as `off` where none is.
    Auto,
    /// A request until the link of a letter is opened.
    Confirmed,
    /// Not at all: an admin invites.
    Off,
    /// At once, without proof of the address: for trials.
    Open,
}

impl Registration {
    /// The way that is meant where there is a mail server, or none.
    pub fn settled(self, has_mail: bool) -> Registration {
        match self {
            Registration::Auto if has_mail => Registration::Confirmed,
            Registration::Auto => Registration::Off,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_mail_server_nobody_registers_unless_it_is_said() {
        assert_eq!(Registration::Auto.settled(true), Registration::Confirmed);
        assert_eq!(Registration::Auto.settled(false), Registration::Off);
        for said in [Registration::Confirmed, Registration::Off, Registration::Open] {
            assert_eq!((said.settled(true), said.settled(false)), (said, said));
        }
    }
}
