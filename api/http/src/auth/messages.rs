//! Messages to users. Names that somebody chose are quoted and cut, and left out where they could be
//! taken for a link: a message of ours says nothing in a stranger's words.

use stratum_jobs::mail::{MailError, MailMessage};

use crate::answer::Refusal;

/// Characters of a name that are shown.
const NAME_CHARS_MAX: usize = 60;
/// Characters that browsers take for the dot of a host's name.
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// The address of a page of the dashboard with a token in its fragment, which browsers send to nobody; `None`
/// where nobody said where the dashboard is.
pub fn link(public_url: &str, page: &str, token: &str) -> Option<String> {
    let base = public_url.trim_end_matches('/');
    (!base.is_empty()).then(|| format!("{base}/{page}#token={token}"))
}

/// The sentence that says what a token is for, with a link or the token itself.
fn way(what: &str, public_url: &str, page: &str, token: &str) -> String {
    match link(public_url, page, token) {
        Some(link) => format!("{what} here:\n\n{link}\n"),
        None => format!("{what} with this token:\n\n{token}\n"),
    }
}

/// A name as it may be shown: quoted, and cut. `None` where it could be read as an address of the web.
fn shown(name: &str) -> Option<String> {
    // Marks that turn the direction of writing make a text look like another one.
    let turns = |c: &char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let plain = name.chars().filter(|c| !c.is_control() && !turns(c));
    // The quotes around it are ours. All of it is plain ASCII where the name is: such a letter is sent as written.
    let plain: String = plain.map(|c| if c == '"' { '\'' } else { c }).collect();
    let is_host = |word: &str| {
        let parts: Vec<&str> = word.split(DOTS).collect();
        parts.windows(2).any(|pair| {
            pair[0].ends_with(char::is_alphanumeric)
                && pair[1].chars().take_while(|c| c.is_alphanumeric() || *c == '-').count() > 1
        })
    };
    if plain.contains("://") || plain.split_whitespace().any(is_host) {
        return None;
    }
    let mut cut: String = plain.trim().chars().take(NAME_CHARS_MAX).collect();
    if plain.trim().chars().count() > NAME_CHARS_MAX {
        cut.push_str("...");
    }
    (!cut.is_empty()).then(|| format!("\"{cut}\""))
}

/// To somebody who forgot the password.
pub fn reset(token: &str, minutes: u32, public_url: &str) -> MailMessage {
    let how = way("Choose a new one", public_url, "reset-password", token);
    let text = format!(
        "Somebody, probably you, asked for a new password for Stratum.\n\n{how}\n\
         It works once, for {minutes} minutes. If it was not you, leave it: your password stays as it is.\n"
    );
    MailMessage { subject: "Your new password for Stratum".into(), text }
}

/// To somebody who is invited to join a tenant.
pub fn invitation(tenant: &str, token: &str, days: i64, public_url: &str) -> MailMessage {
    let how = way("Choose your name and password", public_url, "accept-invitation", token);
    let what = shown(tenant).unwrap_or_else(|| "an organisation".to_owned());
    let text = format!(
        "You are invited to join {what} on Stratum.\n\n{how}\n\
         It works once, for {days} days. If you do not know why you are asked, leave it.\n"
    );
    MailMessage { subject: "You are invited to Stratum".into(), text }
}

/// To somebody with whose address somebody registers.
pub fn confirmation(tenant: &str, token: &str, hours: u32, public_url: &str) -> MailMessage {
    let how = way("If it was you, confirm it", public_url, "confirm-registration", token);
    let what = shown(tenant).map_or_else(String::new, |name| format!(" for {name}"));
    let text = format!(
        "Somebody wants to register with this address at Stratum{what}.\n\n{how}\n\
         It works once, for {hours} hours, with the password that was chosen. If it was not you, leave it: \
         without this there is no account.\n"
    );
    MailMessage { subject: "Confirm your registration for Stratum".into(), text }
}

/// To somebody whose password was changed.
pub fn password_changed() -> MailMessage {
    let text = "Your password for Stratum was changed, and you were signed out everywhere else.\n\n\
                If it was not you, ask for a new password at once and tell your administrator.\n";
    MailMessage { subject: "Your password for Stratum was changed".into(), text: text.into() }
}

/// To somebody whose second factor was set up or taken away.
pub fn second_factor_changed(is_set: bool) -> MailMessage {
    let what = if is_set { "set up" } else { "taken away" };
    let text = format!(
        "The second factor of your sign-in to Stratum was {what}.\n\n\
         If it was not you, change your password at once and tell your administrator.\n"
    );
    MailMessage { subject: "Your sign-in to Stratum was changed".into(), text }
}

/// To somebody who has registered.
pub fn welcome(public_url: &str) -> MailMessage {
    let place = match public_url {
        "" => String::new(),
        url => format!(" at {url}"),
    };
    let text = format!(
        "Your account for Stratum is ready: sign in{place} with this address and the password you chose.\n"
    );
    MailMessage { subject: "Welcome to Stratum".into(), text }
}

/// To somebody with whose address somebody tried to register.
pub fn known_address() -> MailMessage {
    let text = "Somebody tried to register for Stratum with this address, which has an account already.\n\n\
                If it was you, sign in, or ask for a new password. If it was not, there is nothing to do: \
                nothing was changed.\n";
    MailMessage { subject: "You have an account for Stratum already".into(), text: text.into() }
}

impl From<MailError> for Refusal {
    fn from(error: MailError) -> Refusal {
        match error {
            MailError::Full => Refusal::busy("too many e-mails wait to be sent; try again"),
            MailError::Over => {
                Refusal::busy("too many e-mails were sent recently; try again later").after(3_600)
            }
            MailError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_holds_the_token_where_no_server_sees_it() {
        let letter = reset("t0ken", 60, "https://stratum.example/");
        let link = "\nhttps://stratum.example/reset-password#token=t0ken\n";
        assert!(letter.text.contains(link), "{}", letter.text);
        let bare = reset("t0ken", 60, "");
        assert!(bare.text.contains("\nt0ken\n") && !bare.text.contains("http"), "{}", bare.text);
    }

    #[test]
    fn a_name_is_quoted_and_cut() {
        assert_eq!(shown(" Nile Souq ").as_deref(), Some("\"Nile Souq\""));
        for name in ["St. Pauli e.V.", "Müller & Co.", "No. 7", "سوق النيل", "A.B. Ltd"] {
            assert_eq!(shown(name), Some(format!("\"{name}\"")), "{name}");
        }
        let long = shown(&"a".repeat(200)).unwrap();
        assert_eq!(long, format!("\"{}...\"", "a".repeat(NAME_CHARS_MAX)));
        assert_eq!(shown("Nile\u{202e} Souq\n").as_deref(), Some("\"Nile Souq\""));
        assert_eq!(shown(" \u{200b} "), None);
        assert_eq!(shown("Nile\" pay now").as_deref(), Some("\"Nile' pay now\""));
    }

    #[test]
    fn a_name_that_could_be_a_link_is_left_out() {
        let texts = [
            "security: confirm it at https://evil.example/x",
            "javascript://x",
            "visit evil.example now",
            "www.evil.example",
            "evil.example/path",
            "(evil.co)",
            "evil\u{3002}example",
            "ev\u{200b}il.exa\u{200b}mple",
            "me@evil.example",
            "xn--evil-9x.de",
        ];
        for text in texts {
            assert_eq!(shown(text), None, "{text}");
            for letter in [invitation(text, "t0ken", 7, ""), confirmation(text, "t0ken", 24, "")] {
                assert!(!letter.text.contains("evil") && !letter.text.contains("://"), "{text}");
            }
        }
    }
}
