//! Names that somebody chose, in messages.

/// Characters of a name that are shown.
const NAME_CHARS_MAX: usize = 60;
/// Characters that browsers take for the dot of a host's name.
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// A name as it may be shown: quoted, and cut. `None` where it could be read as an address of the web.
pub fn shown(name: &str) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
