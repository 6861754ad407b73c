//! Secrets that are none: placeholders of examples, and words that anybody would try first.

/// Words that examples write where a secret belongs, without the signs between the letters.
const MARKS: [&str; 9] = [
    "changeme",
    "changethis",
    "changeit",
    "replaceme",
    "replacethis",
    "placeholder",
    "yoursecret",
    "yourpassword",
    "yourkey",
];
/// Words that are no secret by themselves.
const WHOLE: [&str; 5] = ["password", "secret", "postgres", "clickhouse", "stratum"];
/// Different letters that a secret has at least.
const DIFFERENT_MIN: usize = 4;

/// True for a secret that was meant to be replaced, is a word that comes to mind, or has hardly more than
/// one letter.
pub fn is_placeholder(secret: &str) -> bool {
    let letters = secret.chars().filter(char::is_ascii_alphanumeric);
    let letters: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    let mut different: Vec<char> = secret.chars().collect();
    different.sort_unstable();
    different.dedup();
    MARKS.iter().any(|mark| letters.contains(mark))
        || WHOLE.contains(&letters.as_str())
        || different.len() < DIFFERENT_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_refused_and_secrets_are_not() {
        for example in [
            "change-me",
            "change_me_to_32_characters_or_more_please",
            "CHANGEME",
            "please-Change-This-to-something-else-now",
            "your-secret-key",
            "<your password>",
            "password",
            "Secret",
            "postgres",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "00000000000000000000000000000001",
            "",
        ] {
            assert!(is_placeholder(example), "{example}");
        }
        for secret in [
            "hunter2",
            "0123456789abcdef0123456789abcdef",
            "a key that has more than 32 characters",
            "correct horse battery staple password",
        ] {
            assert!(!is_placeholder(secret), "{secret}");
        }
    }
}
