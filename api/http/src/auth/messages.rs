//! Messages to users. Names that somebody chose are quoted and cut, and left out where they could be
//! taken for a link: a message of ours says nothing in a stranger's words.

use stratum_jobs::mail::{MailError, MailMessage, shown};

use crate::answer::Refusal;

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
