//! Letters in the folder of a Stratum without a mail server, and what must be nowhere else.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use crate::fixture::{Stratum, eventually, names};

pub const LETTER_WAIT: Duration = Duration::from_secs(20);

/// The texts of the letters to an address, oldest first.
pub fn letters(stratum: &Stratum, email: &str) -> Vec<String> {
    let folder = stratum.data_folder().join("mail");
    if !folder.exists() {
        return Vec::new();
    }
    let mut files: Vec<_> =
        names(&folder).into_iter().filter(|name| name.ends_with(".eml")).collect();
    files.sort();
    let read = |name: &String| {
        let path = folder.join(name);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "others may read a letter");
        std::fs::read_to_string(path).unwrap()
    };
    let letters = files.iter().map(read);
    letters.filter(|text| text.contains(&format!("To: {email}\r\n"))).collect()
}

/// The tokens of the letters to an address, oldest first, once there are so many.
pub async fn mailed_tokens(stratum: &Stratum, email: &str, letters_min: usize) -> Vec<String> {
    let found = async || {
        let letters = letters(stratum, email);
        let is_token =
            |line: &&str| line.len() == 43 && line.bytes().all(|b| b.is_ascii_alphanumeric());
        let tokens = letters.iter().filter_map(|text| text.lines().find(is_token));
        let tokens: Vec<_> = tokens.map(str::to_owned).collect();
        (tokens.len() >= letters_min).then_some(tokens)
    };
    eventually("no letter with a token", LETTER_WAIT, found).await
}

/// The token of the newest one.
pub async fn mailed_token(stratum: &Stratum, email: &str, letters_min: usize) -> String {
    mailed_tokens(stratum, email, letters_min).await.pop().expect("a token")
}

/// Neither a table nor a log line holds any of these.
pub async fn assert_nowhere(stratum: &Stratum, texts: &[&str]) {
    let rows = stratum.state_rows().await;
    let output = stratum.output();
    for text in texts {
        for (table, rows) in &rows {
            assert!(!rows.contains(text), "{table} holds {text}");
        }
        assert!(!output.contains(text), "a log line holds {text}");
    }
}
