//! What users are written.

use crate::mail::Letter;

/// A link to a page of the dashboard with a token in its fragment, which browsers send to nobody.
fn link(public_url: &str, page: &str, token: &str) -> Option<String> {
    let base = public_url.trim_end_matches('/');
    (!base.is_empty()).then(|| format!("{base}/{page}#token={token}"))
}

/// To somebody who forgot the password.
pub fn reset(to: String, token: &str, minutes: u32, public_url: &str) -> Letter {
    let how = match link(public_url, "reset-password", token) {
        Some(link) => format!("Choose a new one here:\n\n{link}\n"),
        None => format!("Choose a new one with this token:\n\n{token}\n"),
    };
    let text = format!(
        "Somebody, probably you, asked for a new password for Stratum.\n\n{how}\n\
         It works once, for {minutes} minutes. If it was not you, leave it: your password stays as it is.\n"
    );
    Letter { to, subject: "Your new password for Stratum", text }
}

/// To somebody who is invited to join a tenant.
pub fn invitation(to: String, tenant: &str, token: &str, days: i64, public_url: &str) -> Letter {
    let how = match link(public_url, "accept-invitation", token) {
        Some(link) => format!("Choose your name and password here:\n\n{link}\n"),
        None => format!("Choose your name and password with this token:\n\n{token}\n"),
    };
    let text = format!(
        "You are invited to join {tenant} on Stratum.\n\n{how}\n\
         It works once, for {days} days. If you do not know why you are asked, leave it.\n"
    );
    Letter { to, subject: "You are invited to Stratum", text }
}

/// To somebody whose password was changed by such a token.
pub fn password_changed(to: String) -> Letter {
    let text = "Your password for Stratum was changed, and you were signed out everywhere.\n\n\
                If it was not you, ask for a new password at once and tell your administrator.\n";
    Letter { to, subject: "Your password for Stratum was changed", text: text.into() }
}

/// To somebody who has registered.
pub fn welcome(to: String, public_url: &str) -> Letter {
    let place = match public_url {
        "" => String::new(),
        url => format!(" at {url}"),
    };
    let text = format!(
        "Your account for Stratum is ready: sign in{place} with this address and the password you chose.\n"
    );
    Letter { to, subject: "Welcome to Stratum", text }
}

/// To somebody with whose address somebody tried to register.
pub fn known_address(to: String) -> Letter {
    let text = "Somebody tried to register for Stratum with this address, which has an account already.\n\n\
                If it was you, sign in, or ask for a new password. If it was not, there is nothing to do: \
                nothing was changed.\n";
    Letter { to, subject: "You have an account for Stratum already", text: text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_holds_the_token_where_no_server_sees_it() {
        let letter = reset("ana@example.com".into(), "t0ken", 60, "https://stratum.example/");
        let link = "\nhttps://stratum.example/reset-password#token=t0ken\n";
        assert!(letter.text.contains(link), "{}", letter.text);
        let bare = reset("ana@example.com".into(), "t0ken", 60, "");
        assert!(bare.text.contains("\nt0ken\n") && !bare.text.contains("http"), "{}", bare.text);
    }
}
