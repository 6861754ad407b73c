//! Rules on names and texts, in files of every language.

use super::assert_none;
use super::source::{Source, Text, Token, files, sources, workspace};

/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] =
    &["util", "utils", "helper", "helpers", "common", "manager", "misc", "stuff"];
/// Marks of work not done, cut in two so that this file does not hold them.
const UNFINISHED: &[(&str, &str)] = &[("TO", "DO"), ("FIX", "ME")];
/// Hosts of package registries and absolute home folders, cut in two likewise.
const PLACES: &[(&str, &str)] = &[
    ("crates", ".io"),
    ("pypi", ".org"),
    ("files.python", "hosted.org"),
    ("npm", "js.org"),
    ("npm", "js.com"),
    ("repo1.ma", "ven.org"),
    ("repo.ma", "ven.apache.org"),
    ("proxy.go", "lang.org"),
    ("deb.de", "bian.org"),
    ("/ro", "ot/"),
    ("/ho", "me/"),
    ("/Us", "ers/"),
];
const TEXTS: &[&str] = &[
    "rs",
    "toml",
    "md",
    "sql",
    "sh",
    "py",
    "mjs",
    "js",
    "json",
    "ts",
    "tsx",
    "css",
    "html",
    "yaml",
    "yml",
    "xml",
    "txt",
    "npmrc",
    "run",
    "install",
    "Makefile",
    "Dockerfile",
];

/// Files of text, with their lines.
fn texts() -> impl Iterator<Item = (&'static String, Vec<String>)> {
    files().iter().filter_map(|path| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let kind = name.rsplit('.').next().unwrap_or(name);
        // Cargo names its registry in its lock file, and cannot be told not to.
        let read = TEXTS.contains(&kind) && name != "Cargo.lock";
        let text = read.then(|| std::fs::read_to_string(workspace().join(path)).ok()).flatten()?;
        Some((path, text.lines().map(str::to_owned).collect()))
    })
}

fn find(needles: &[(&str, &str)], whole_words: bool) -> Vec<String> {
    let mut offences = Vec::new();
    for (path, lines) in texts() {
        for (at, line) in lines.iter().enumerate() {
            for (one, two) in needles {
                let needle = format!("{one}{two}");
                if contains(line, &needle, whole_words) {
                    offences.push(format!("{path}:{}: {needle}", at + 1));
                }
            }
        }
    }
    offences
}

fn contains(line: &str, needle: &str, whole_words: bool) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(needle).any(|(at, _)| {
        let before = line[..at].ends_with(is_letter);
        let after = line[at + needle.len()..].starts_with(is_letter);
        !whole_words || !(before || after)
    })
}

#[test]
fn nothing_is_left_unfinished() {
    assert_none("work is finished or not begun", find(UNFINISHED, true));
}

#[test]
fn no_machine_and_no_registry_is_named() {
    let mut offences = find(PLACES, false);
    // Tests may make up a home.
    for source in sources() {
        let prefix = format!("{}:", source.path);
        offences.retain(|offence| {
            let rest = offence.strip_prefix(&prefix).and_then(|rest| rest.split(':').next());
            !rest.and_then(|line| line.parse().ok()).is_some_and(|line| source.is_test_line(line))
        });
    }
    assert_none("registries and home folders differ from machine to machine", offences);
}

#[test]
fn names_say_what_is_inside() {
    let mut offences = Vec::new();
    for path in files() {
        let parts = path.split('/').map(|part| part.split('.').next().unwrap_or(part));
        for part in parts.filter(|part| EMPTY_NAMES.contains(part)) {
            offences.push(format!("{path}:1: {part} says nothing of what is inside"));
        }
    }
    for source in sources() {
        for (at, line) in source.lines.iter().enumerate() {
            let module = line.trim().trim_start_matches("pub ").strip_prefix("mod ");
            let name = module.map(|rest| rest.trim_end_matches([';', '{', ' ']));
            if name.is_some_and(|name| EMPTY_NAMES.contains(&name)) {
                let path = &source.path;
                offences.push(format!("{path}:{}: a module without a meaning: {line}", at + 1));
            }
        }
    }
    assert_none("a file or module is named for what it holds", offences);
}

/// Words that end like participles and are nouns of the field.
const NOUNS: &[&str] = &[
    "Binding", "Encoding", "Finding", "Grouping", "Hashing", "Mapping", "Paging", "Ring",
    "Standing", "Tracking",
];
/// Participles that end otherwise.
const IRREGULAR: &[&str] = &[
    "Begun",
    "Chosen",
    "Done",
    "Found",
    "Given",
    "Held",
    "Kept",
    "Known",
    "Left",
    "Lost",
    "Made",
    "Met",
    "Said",
    "Seen",
    "Sent",
    "Shown",
    "Spent",
    "Taken",
    "Told",
    "Unwritten",
    "Written",
];
/// Names from before this rule, by which other code still calls these types. None is added.
const EARLIER: &[&str] =
    &["Answered", "Authenticated", "Denied", "Known", "Malformed", "Overloaded"];
/// Words that ask or point back, where documentation should name its subject.
const NO_SUBJECTS: &[&str] = &["What", "How", "Its"];
/// The most documentation that still begins with one of them. It falls, and none is added.
const WITHOUT_SUBJECT_MAX: usize = 205;

/// The last word of a name in capitals and small letters.
fn last_word(name: &str) -> &str {
    let at = name.rfind(char::is_uppercase).unwrap_or_default();
    &name[at..]
}

#[test]
fn a_type_is_named_by_a_noun() {
    let mut offences = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        for pair in source.tokens.windows(2).filter(|pair| pair.iter().all(|token| !token.test)) {
            let [
                Token { text: Text::Ident(kind), .. },
                Token { text: Text::Ident(name), line, .. },
            ] = pair
            else {
                continue;
            };
            let is_type = ["struct", "enum", "trait", "type", "union"].contains(&kind.as_str());
            let word = last_word(name);
            let ends = word.ends_with("ed") || word.ends_with("ing");
            let is_participle = IRREGULAR.contains(&word) || (ends && !NOUNS.contains(&word));
            if is_type && is_participle && !EARLIER.contains(&name.as_str()) {
                offences.push(format!("{}:{line}: {name} is a participle", source.path));
            }
        }
    }
    assert_none("a type's name is a noun: what it is, not what was done to it", offences);
}

/// The name under which a type stands in the document of the API, where its derives say that it does.
fn documented(source: &Source) -> Vec<(String, usize)> {
    let (mut is_derived, mut is_documented, mut name, mut found) = (false, false, None, Vec::new());
    let words = source.tokens.iter().filter(|token| !token.test).filter_map(|token| {
        let Text::Ident(word) = &token.text else { return None };
        Some((word.as_str(), token.line))
    });
    let words: Vec<(&str, usize)> = words.collect();
    for (at, (word, line)) in words.iter().enumerate() {
        let next = words.get(at + 1).map(|(next, _)| (*next).to_owned());
        match *word {
            "derive" => is_derived = true,
            "ToSchema" => is_documented |= is_derived,
            "as" if is_documented && at > 0 && words[at - 1].0 == "schema" => name = next,
            "struct" | "enum" => {
                if let Some(name) = name.take().or(next).filter(|_| is_documented) {
                    found.push((name, *line));
                }
                (is_derived, is_documented) = (false, false);
            }
            _ => {}
        }
    }
    found
}

#[test]
fn no_two_types_of_the_document_share_a_name() {
    let mut places = std::collections::BTreeMap::<String, Vec<String>>::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        for (name, line) in documented(source) {
            places.entry(name).or_default().push(format!("{}:{line}", source.path));
        }
    }
    assert!(places.len() > 100, "{}", places.len());
    let shared = places.into_iter().filter(|(_, places)| places.len() > 1);
    let offences = shared.map(|(name, places)| format!("{}: {name}", places.join(", ")));
    assert_none("of two schemas of one name the document has only one", offences.collect());
}

/// The text of a line of documentation.
fn documentation(line: &str) -> Option<&str> {
    let line = line.trim_start();
    line.strip_prefix("///").or_else(|| line.strip_prefix("//!")).map(str::trim)
}

#[test]
fn documentation_begins_with_its_subject() {
    let mut offences = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        let mut goes_on = false;
        for (at, line) in source.lines.iter().enumerate() {
            let text = documentation(line);
            let word = text.and_then(|text| text.split(|c: char| !c.is_alphabetic()).next());
            let asks = !goes_on && word.is_some_and(|word| NO_SUBJECTS.contains(&word));
            goes_on = text.is_some();
            if asks && !source.is_test_line(at + 1) {
                offences.push(format!("{}:{}: {}", source.path, at + 1, line.trim()));
            }
        }
    }
    let over = if offences.len() > WITHOUT_SUBJECT_MAX { offences } else { Vec::new() };
    assert_none("documentation begins with its subject, and says what it is", over);
}
